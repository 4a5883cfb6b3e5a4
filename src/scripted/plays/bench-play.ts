import type { Play } from "./move.ts";
import { submitMove } from "./sera-calls.ts";

/** How many calls a benchmark asks for by `bench:21` in the first user message; null without that word. */
export function benchLength(task: string): number | null {
  const marker = /(?:^|\s)bench:(\d{1,4})(?![\w:.])/.exec(task);
  return marker === null ? null : Math.max(1, Number(marker[1]));
}

/** `length` - 1 cheap commands, then submit: the same work for every agent that is measured. */
export function* benchPlay(length: number): Play {
  for (let step = 1; step < length; step++) {
    yield { reasoning: `Step ${step} of a benchmark.`, text: `Step ${step}.`, tool: "bash", input: { command: `echo step ${step}` } };
  }
  for (;;) yield submitMove({ reasoning: "The benchmark's last step.", text: "Submitting." });
}
