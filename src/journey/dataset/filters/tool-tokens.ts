import { leavesIf, type Judged, type Verdict } from "./judged.ts";

/** Rollouts whose tools answer with more than `most` tokens in the mean (paper.md §3.3). */
export function toolTokensOver({ toolTokens }: Pick<Judged, "toolTokens">, most: number): Verdict {
  return leavesIf(toolTokens === null ? null : toolTokens > most);
}

/** Mean tokens of the tool messages; 0 where there are none. `ends`: tokens up to and with each message. */
export function meanToolTokens(roles: readonly string[], ends: readonly number[]): number {
  let [sum, count] = [0, 0];
  for (const [index, role] of roles.entries()) {
    if (role !== "tool") continue;
    sum += (ends[index] ?? 0) - (ends[index - 1] ?? 0);
    count++;
  }
  return count === 0 ? 0 : sum / count;
}
