import type { RolloutExit } from "../records/rollout.ts";
import type { Usage } from "../records/usage.ts";

/** What may end a rollout before it submits; units in the names. Null: no such limit. */
export interface RolloutLimits {
  readonly maxSteps: number;
  readonly maxTokens: number | null;
  readonly contextTokens: number;
  readonly maxCostUsd: number | null;
  readonly formatErrors: number;
  readonly repeatedActions: number;
  readonly commandTimeouts: number;
  readonly commandMs: number;
  readonly commandTotalMs: number;
  readonly rolloutMs: number;
}

/** Where a rollout stands against its limits. */
export interface Standing {
  readonly turns: number;
  readonly usedTokens: number;
  readonly nextPromptTokens: number;
  readonly costUsd: number;
  readonly formatErrorsInARow: number;
  readonly repeatsInARow: number;
  readonly timeoutsInARow: number;
  readonly commandMs: number;
  readonly elapsedMs: number;
}

/** The limit that a rollout has reached, or null. The order decides which is named when several are reached at once. */
export function reachedLimit(standing: Standing, limits: RolloutLimits): Exclude<RolloutExit, "submitted"> | null {
  if (standing.formatErrorsInARow >= limits.formatErrors) return "exit-format";
  if (standing.repeatsInARow >= limits.repeatedActions) return "exit-repeated-actions";
  if (standing.timeoutsInARow >= limits.commandTimeouts) return "exit-command-timeouts";
  if (standing.commandMs >= limits.commandTotalMs) return "exit-command-time";
  if (standing.turns >= limits.maxSteps) return "exit-steps";
  if (limits.maxTokens !== null && standing.usedTokens >= limits.maxTokens) return "exit-tokens";
  if (limits.maxCostUsd !== null && standing.costUsd >= limits.maxCostUsd) return "exit-cost";
  if (standing.nextPromptTokens >= limits.contextTokens) return "exit-context";
  if (standing.elapsedMs >= limits.rolloutMs) return "exit-wall-clock";
  return null;
}

/** Bytes of JSON per token where the server does not count for us; low, so that the estimate is rather too high. */
const bytesPerToken = 3;

/** Tokens of text by its length; only where no server's count is to be had, and marked where it is used. */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}

/** Tokens the next prompt will hold at least: what the last call read and wrote, or null where the server did not say. */
export function promptAfter(usage: Usage): number | null {
  return usage.input === null || usage.output === null ? null : usage.input + usage.output;
}
