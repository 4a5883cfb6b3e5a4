import type { Message } from "../../../records/message.ts";
import type { Judged, Verdict } from "./judged.ts";

/** Longest cycle of different calls that is looked for. */
const longestCycle = 4;

/** Rollouts in which the same calls come `least` times in a row: one call, or a cycle of up to four. */
export function repeatedActions({ sample }: Judged, least: number): Verdict {
  const calls = sample.messages.flatMap(callsOf);
  for (let period = 1; period <= longestCycle; period++) {
    if (longestRepeat(calls, period) >= least) return "leaves";
  }
  return "stays";
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
