import type { ToolCall } from "../../../records/message.ts";
import type { Transcript } from "../../../records/rollout.ts";
import { SafetyReason, type SafetyFlag } from "../../../records/safety-flag.ts";
import { commandReach, newShellMemory, type ShellMemory } from "./command-reach.ts";
import { findInjection } from "./find-injection.ts";
import { pathReach, type Reach } from "./place-reach.ts";

/** Characters of a call that an excerpt repeats. */
const longestExcerpt = 400;

/**
 * What in a transcript makes a sample unfit for training unless it is asked for (design §5): texts that give orders to an AI in what the agent
 * was given and saw, and calls of its own that reach for the network, for keys or out of the workspace. A pure function of
 * the transcript; replies that held no valid call are no part of it. One flag a turn, place and reason.
 */
export function safetyFlags(transcript: Transcript): SafetyFlag[] {
  const memory = newShellMemory();
  const flags = injectionFlags(transcript.user, { where: "problem", turn: null });
  for (const { turn, kind, reply, observation } of transcript.steps) {
    if (kind === "requery") continue;
    for (const call of reply.toolCalls) flags.push(...callFlags(call, turn, memory));
    if (kind === "action") flags.push(...injectionFlags(observation, { where: "observation", turn }));
  }
  return flags;
}

/** The reasons of some flags, the gravest first. */
export function distinctReasons(flags: readonly SafetyFlag[]): SafetyReason[] {
  return SafetyReason.options.filter((reason) => flags.some((flag) => flag.reason === reason));
}

function injectionFlags(text: string, place: Pick<SafetyFlag, "where" | "turn">): SafetyFlag[] {
  const found = findInjection(text);
  return found === null ? [] : [{ reason: "injection", ...place, ...found }];
}

function callFlags(call: ToolCall, turn: number, memory: ShellMemory): SafetyFlag[] {
  const given = argumentsOf(call);
  const { command, path } = given;
  const isEdit = typeof path === "string";
  const text = isEdit ? `${call.name} ${String(command)} ${path}` : typeof command === "string" ? command : "";
  const reaches = isEdit ? present(pathReach(path, command !== "view")) : typeof command === "string" ? commandReach(command, memory) : [];
  const first = new Map(reaches.toReversed().map((reach) => [reach.reason, reach]));
  return SafetyReason.options.flatMap((reason) => {
    const reach = first.get(reason);
    return reach === undefined ? [] : [{ reason, where: "call" as const, turn, rule: reach.rule, excerpt: excerptOf(text, reach.what) }];
  });
}

function present(reach: Reach | null): Reach[] {
  return reach === null ? [] : [reach];
}

function argumentsOf({ arguments: written }: ToolCall): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(written);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The line of a call that holds what it reached for. */
function excerptOf(text: string, what: string): string {
  const line = text.split("\n").find((candidate) => candidate.includes(what)) ?? text;
  if (line.length <= longestExcerpt) return line;
  const from = Math.max(0, line.indexOf(what) - longestExcerpt / 4);
  return `…${line.slice(from, from + longestExcerpt)}…`.toWellFormed();
}
