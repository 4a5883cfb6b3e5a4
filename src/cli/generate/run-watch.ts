import type { EndpointState } from "../../model/pool/endpoint-gate.ts";
import type { Boundary, Failure } from "../../records/failure.ts";
import type { JournalEntry } from "../../records/journal-entry.ts";
import type { LineageOutcome } from "../../records/lineage.ts";
import type { Spending } from "../../records/usage.ts";

/** What is seen of a run while it is on, by this process since it began. */
export interface RunWatch {
  stage(name: string, change: 1 | -1): void;
  wrote(entry: JournalEntry): void;
  lineageEnded(outcome: LineageOutcome): void;
  /** Lineages under way by the stage they are in, stages in the order they were first seen. */
  readonly stages: ReadonlyMap<string, number>;
  /** How often which failure was met, by where: of calls and of lineages. */
  readonly failures: ReadonlyMap<Boundary, ReadonlyMap<string, number>>;
}

export function watchRun(): RunWatch {
  const stages = new Map<string, number>();
  const failures = new Map<Boundary, Map<string, number>>();
  const met = ({ boundary, code }: Failure): void => {
    const codes = failures.get(boundary) ?? new Map<string, number>();
    codes.set(code, (codes.get(code) ?? 0) + 1);
    failures.set(boundary, codes);
  };
  return {
    stages,
    failures,
    stage: (name, change) => void stages.set(name, (stages.get(name) ?? 0) + change),
    wrote: (entry) => (entry.kind === "call-failure" ? met(entry.failure) : undefined),
    // The failure of a call is met already.
    lineageEnded: (outcome) => (outcome.state === "failed" && outcome.failure.boundary !== "model" ? met(outcome.failure) : undefined),
  };
}

export interface LiveFacts {
  readonly watch: RunWatch;
  readonly spending: Spending;
  /** Lineages that ended, whenever. */
  readonly done: number;
  readonly budgetUsd: number | null;
  readonly endpoints: readonly EndpointState[];
  /** Names of the processes that work on the run; null: it is this one alone. */
  readonly workers: readonly string[] | null;
}

/** What the live view says below its first line, each line with its name in front; what there is nothing to say of has none. */
export function liveDetails({ watch, spending, done, budgetUsd, endpoints, workers }: LiveFacts): string[] {
  const stages = [...watch.stages].filter(([, count]) => count > 0).map(([name, count]) => `${name} ${count}`);
  const failures = [...watch.failures].map(([boundary, codes]) => {
    const told = [...codes].toSorted(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`);
    return `${boundary}: ${told.join(", ")}`;
  });
  const rows: [string, string[]][] = [
    ["stages", stages],
    ["money", moneyOf({ spending, done, budgetUsd })],
    ["endpoints", endpoints.map(endpointText)],
    ["failures", failures],
    ["workers", workers === null ? [] : [`${workers.length}: ${workers.join(", ")}`]],
  ];
  return rows.flatMap(([name, parts]) => (parts.length === 0 ? [] : [`${name.padEnd(10)} ${parts.join(" · ")}`]));
}

function moneyOf({ spending, done, budgetUsd }: Pick<LiveFacts, "spending" | "done" | "budgetUsd">): string[] {
  const { costUsd, usage } = spending;
  const parts: string[] = [];
  if (costUsd !== null && budgetUsd !== null) parts.push(`$${costUsd.toFixed(2)} of $${budgetUsd.toFixed(2)}`);
  if (costUsd !== null && costUsd > 0 && done > 0) parts.push(`$${(costUsd / done).toPrecision(2)} a lineage`);
  if (usage.input !== null && usage.input > 0) {
    const cached = usage.cached === null ? "" : `, ${Math.round((100 * usage.cached) / usage.input)} % cached`;
    parts.push(`${short(usage.input)} tokens in${cached}`);
  }
  if (usage.output !== null && usage.output > 0) parts.push(`${short(usage.output)} out`);
  return parts;
}

function endpointText({ host, inFlight, waiting, limit, aside }: EndpointState): string {
  if (aside) return `${host} set aside`;
  return `${host} ${inFlight} of ${limit} in flight${waiting > 0 ? `, ${waiting} waiting` : ""}`;
}

/** Tokens as "940", "12.3 k" or "4.1 M". */
function short(count: number): string {
  if (count < 1_000) return String(count);
  return count < 1_000_000 ? `${(count / 1_000).toFixed(1)} k` : `${(count / 1_000_000).toFixed(1)} M`;
}
