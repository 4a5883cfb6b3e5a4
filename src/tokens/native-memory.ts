import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Tokens whose encodings may wait to be freed: at about 95 bytes a token, some 30 MB. */
const mostTokens = 300_000;

/**
 * Frees the native tokenizer's encodings in time. They go with their JavaScript objects, whose few bytes are all that the garbage
 * collector sees of them: left to itself it lets hundreds of megabytes gather.
 */
export class NativeMemory {
  #tokens = 0;
  #collect: (() => void) | null = null;

  /** Called where encodings of so many tokens are needed no longer. */
  release(tokens: number): void {
    this.#tokens += tokens;
    if (this.#tokens < mostTokens) return;
    this.#tokens = 0;
    this.#collect ??= collector();
    this.#collect();
  }
}

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
