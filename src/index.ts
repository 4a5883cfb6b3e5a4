/** The library: records, stages, contracts and the comparison of patches. Backends are subpaths (apprentice/bubblewrap, …). */

// Records.
export { Failure } from "./records/failure.ts";
export { FunctionSite } from "./records/function-site.ts";
export { JournalEntry } from "./records/journal-entry.ts";
export { Imported } from "./records/imported.ts";
export { Lineage, LineageOutcome } from "./records/lineage.ts";
export { AssistantMessage, Message, ModelReply, ToolCall, ToolSchema } from "./records/message.ts";
export { PatchScore, Verification } from "./records/patch-score.ts";
export { PullRequest } from "./records/pull-request.ts";
export { Rollout, Step, Transcript } from "./records/rollout.ts";
export { RunRecord } from "./records/run.ts";
export { Sample } from "./records/sample.ts";
export { SelfCheck } from "./records/self-check.ts";
export { HoldOutCut, Intake, Snapshot } from "./records/snapshot.ts";
export { Spending, Usage } from "./records/usage.ts";
export type { Budget, Reservation } from "./records/budget.ts";
export type { ExportedTree } from "./records/exported-tree.ts";
export type { Result } from "./base/result.ts";

// Patches.
export {
  comparePatches,
  type ComparisonOptions,
  type FileComparison,
  type MatchedLine,
  type PatchComparison,
} from "./patch/compare-patches.ts";
export { compareSera, type SeraComparison } from "./patch/compare-sera.ts";
export { parsePatch } from "./patch/parse-patch.ts";
export type { Hunk, HunkLine, ParsedFile, ParsedPatch, PatchProblem } from "./patch/parsed-patch.ts";

// Contracts.
export type { Artifacts } from "./ledger/artifacts.ts";
export type { Journal } from "./ledger/journal.ts";
export type { Ledger, LedgerRecords, RecordKind } from "./ledger/ledger.ts";
export type { RunStore } from "./ledger/run-store.ts";
export type { CallFailure, EndpointOptions, Model, PreparedTurn, TurnRequest } from "./model/model.ts";
export { endpointReach, guardedLookup, type EndpointReach, type ReachRule } from "./model/endpoint-reach.ts";
export type { Leftover } from "./sandbox/leftover.ts";
export type { CommandRequest, CommandResult, OpenRequest, Sandbox, SandboxBackend, SandboxCheck } from "./sandbox/sandbox.ts";
export type { Toolset } from "./toolsets/toolset.ts";
export type { Stage } from "./journey/stage.ts";

// The journey.
export { followLineage } from "./journey/journey.ts";
export { runJourney, type JourneyEvents, type JourneyOrder } from "./journey/run-journey.ts";
export type { JourneyContext } from "./journey/journey-context.ts";
export { createPerformer, type Performer } from "./journey/stage.ts";
export { intake } from "./journey/intake/intake.ts";
export { createSnapshotShelf, type SnapshotShelf } from "./journey/intake/snapshot-shelf.ts";
export { findRepositorySites } from "./journey/repository-sites.ts";
export { drawSites } from "./journey/functions/draw-sites.ts";
export { firstRollout } from "./journey/first-rollout/first-rollout.ts";
export { selfCheck } from "./journey/self-check/self-check.ts";
export { pullRequest } from "./journey/pull-request/pull-request.ts";
export { secondRollout } from "./journey/second-rollout/second-rollout.ts";
export { softVerification } from "./journey/soft-verification/soft-verification.ts";
export { collectSamples, type Selection } from "./journey/dataset/collect-samples.ts";
export { writeDataset, type DatasetOrder, type WrittenDataset } from "./journey/dataset/write-dataset.ts";
export { importFiles, type ImportOrder, type ImportTotals } from "./journey/import/import-files.ts";
export { listImported } from "./journey/import/list-imported.ts";
export { checkDataset, type CheckedDataset, type CheckOrder } from "./journey/check/check-dataset.ts";
export { summariseRun, type RunSummary } from "./journey/analysis/summarise-run.ts";
export { verifyRun } from "./journey/verify-run.ts";

// Formats and tools.
export { toHermes, type HermesOptions, type HermesRow } from "./formats/hermes.ts";
export { fromMessages, toMessages, type MessagesRow } from "./formats/messages.ts";
export { toolsetByName } from "./toolsets/toolsets.ts";
