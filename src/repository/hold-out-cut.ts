import { err, ok, unreachable } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { failure } from "../records/failure.ts";
import type { Failure } from "../records/failure.ts";
import type { HoldOutCut } from "../records/snapshot.ts";
import type { CommitInfo } from "./history.ts";

/** How many of the newest commits are held out. */
export type HoldOutRule = { readonly kind: "default" } | { readonly kind: "count"; readonly commits: number } | { readonly kind: "none" };

const defaultShare = 10;
const defaultMost = 100;

/**
 * Cuts a first-parent history (newest first, at least one commit) by a rule (design §6). Fails with `hold-out-too-large`,
 * a mistake of usage, when the rule would leave nothing to train on.
 */
export function cutHistory(history: readonly CommitInfo[], rule: HoldOutRule): Result<HoldOutCut, Failure> {
  const heldOut = heldOutBy(history.length, rule);
  const head = history[0];
  if (head === undefined) throw new Error("cutHistory: a history has at least one commit");
  const newestTraining = history[heldOut];
  if (newestTraining === undefined) return err(tooLarge(heldOut, history.length));
  return ok({
    version: 1,
    head: head.id,
    totalCommits: history.length,
    heldOut,
    newestTraining: newestTraining.id,
    rule: textOf(rule),
  });
}

function heldOutBy(commits: number, rule: HoldOutRule): number {
  switch (rule.kind) {
    case "default":
      return Math.min(Math.floor(commits / defaultShare), defaultMost);
    case "count":
      return rule.commits;
    case "none":
      return 0;
    default:
      return unreachable(rule);
  }
}

function textOf(rule: HoldOutRule): string {
  switch (rule.kind) {
    case "default":
      return `the newest ${100 / defaultShare} %, rounded down, at most ${defaultMost}`;
    case "count":
      return `the newest ${rule.commits}`;
    case "none":
      return "none";
    default:
      return unreachable(rule);
  }
}

function tooLarge(heldOut: number, total: number): Failure {
  return failure({
    boundary: "repository",
    code: "hold-out-too-large",
    message: `holding out ${heldOut === 1 ? "one commit" : `${heldOut} commits`} leaves none to train on, because the history has ${total}: hold out at most ${total - 1}`,
  });
}
