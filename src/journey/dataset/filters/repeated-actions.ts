import type { Message } from "../../../records/message.ts";
import { leavesIf, type Judged, type Verdict } from "./judged.ts";

/** Longest cycle of different calls that is looked for. */
const longestCycle = 4;

/** Rollouts in which the same calls come `least` times in a row: one call, or a cycle of up to four. */
export function repeatedActions({ repeats }: Pick<Judged, "repeats">, least: number): Verdict {
  return leavesIf(repeats >= least);
}

/** How many times in a row the same calls come, at most. */
export function repeatsOf(messages: readonly Message[]): number {
  const calls = messages.flatMap(callsOf);
  return Math.max(...Array.from({ length: longestCycle }, (_, index) => longestRepeat(calls, index + 1)));
}

function callsOf(message: Message): string[] {
  if (message.role !== "assistant" || message.toolCalls.length === 0) return [];
  return [JSON.stringify(message.toolCalls.map(({ name, arguments: given }) => [name, given]))];
}

/** How many times in a row some `period` calls come. */
function longestRepeat(calls: readonly string[], period: number): number {
  let [equal, most] = [0, 0];
  for (let index = period; index < calls.length; index++) {
    equal = calls[index] === calls[index - period] ? equal + 1 : 0;
    most = Math.max(most, equal);
  }
  return Math.floor(most / period) + 1;
}
