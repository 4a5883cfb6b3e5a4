import type { Imported } from "../records/imported.ts";
import type { Lineage, LineageOutcome } from "../records/lineage.ts";
import type { PullRequest } from "../records/pull-request.ts";
import type { Rollout } from "../records/rollout.ts";
import type { RunRecord } from "../records/run.ts";
import type { SelfCheck } from "../records/self-check.ts";
import type { Intake, Snapshot } from "../records/snapshot.ts";
import type { Verification } from "../records/patch-score.ts";

/** Every kind of record the ledger holds. */
export interface LedgerRecords {
  run: RunRecord;
  intake: Intake;
  snapshot: Snapshot;
  lineage: Lineage;
  rollout: Rollout;
  "self-check": SelfCheck;
  "pull-request": PullRequest;
  verification: Verification;
  outcome: LineageOutcome;
  imported: Imported;
}
export type RecordKind = keyof LedgerRecords;

export interface LedgerEntry<Kind extends RecordKind> {
  readonly key: string;
  readonly record: LedgerRecords[Kind];
}

/** Kinds of which `tally` counts how many records have which value of one member, and the values it has. */
export interface Tallies {
  outcome: LineageOutcome["state"];
  rollout: Rollout["steps"];
}
export const talliedMembers = { outcome: "state", rollout: "steps" } as const satisfies Record<keyof Tallies, string>;

/** A second, different record under a finished key: a bug, never a state of the world. */
export class LedgerConflict extends Error {}

/**
 * Records of finished work, each under a key that is a hash of what determines it. A key is written once: the same record
 * again is no error and changes nothing, another one throws LedgerConflict. What `put` has returned survives kill -9 and power loss.
 */
export interface Ledger extends AsyncDisposable {
  put<Kind extends RecordKind>(kind: Kind, key: string, record: LedgerRecords[Kind]): Promise<void>;
  /** As `put` of each, but all of them or none. */
  putAll<Kind extends RecordKind>(kind: Kind, entries: readonly LedgerEntry<Kind>[]): Promise<void>;
  get<Kind extends RecordKind>(kind: Kind, key: string): Promise<LedgerRecords[Kind] | null>;
  /** In order of key, as of the start of the iteration. */
  list<Kind extends RecordKind>(kind: Kind): AsyncIterable<LedgerEntry<Kind>>;
  /** As `list`, without reading the records: what a run of a million lineages resumes by. */
  keys(kind: RecordKind): AsyncIterable<string>;
  /** The keys of one kind under which no record of another kind stands. */
  keysWithout(kind: RecordKind, other: RecordKind): AsyncIterable<string>;
  count(kind: RecordKind): Promise<number>;
  /** Records by the value of the member that is tallied, without reading them. */
  tally<Kind extends keyof Tallies>(kind: Kind): Promise<ReadonlyMap<Tallies[Kind], number>>;
  /** Kinds under which this exact key, or one key that begins so, stands. For `show`. */
  find(prefix: string): Promise<readonly { readonly kind: RecordKind; readonly key: string }[]>;
  /** Problems of the store itself, for `verify`; empty is good. */
  check(): Promise<string[]>;
}
