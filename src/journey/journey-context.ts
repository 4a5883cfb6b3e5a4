import type { Artifacts } from "../ledger/artifacts.ts";
import type { Journal } from "../ledger/journal.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Redactor } from "../redact/redactor.ts";
import type { RolloutConfig } from "../rollout/rollout-config.ts";
import type { AskContext } from "../rollout/ask.ts";
import type { SandboxConfig } from "../sandbox/sandbox-config.ts";
import type { SandboxBackend } from "../sandbox/sandbox.ts";
import type { Toolset } from "../toolsets/toolset.ts";
import type { Demonstration } from "./pull-request/demonstrations.ts";
import type { SnapshotShelf } from "./intake/snapshot-shelf.ts";

/** Everything the stages of a lineage share. `demonstrations`: by name of the repository, filled in when intake is done. */
export interface JourneyContext {
  readonly seed: number;
  readonly rollout: RolloutConfig;
  readonly sandbox: SandboxConfig;
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly artifacts: Artifacts;
  readonly asking: AskContext;
  readonly sandboxes: SandboxBackend;
  readonly toolset: Toolset;
  readonly shelf: SnapshotShelf;
  readonly demonstrations: Map<string, readonly Demonstration[]>;
  /** What the teacher may not see; null: it sees everything. */
  readonly redactor: Redactor | null;
  readonly onStep: () => void;
  /** A lineage has come into a stage (1), or left it (-1); left out: nobody watches. */
  readonly onStage?: (stage: string, change: 1 | -1) => void;
}
