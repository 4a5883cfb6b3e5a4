import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Has garbage collected each time so much of something was let go of. Left to itself the engine lets hundreds of megabytes gather: long
 * texts that outlived two of its quick collections, and native objects, of which it sees only the few bytes that hold on to them.
 */
export class Garbage {
  readonly #most: number;
  #amount = 0;
  #collect: (() => void) | null = null;

  /** `most`: how much may wait, in whatever unit `add` is given. */
  constructor(most: number) {
    this.#most = most;
  }

  add(amount: number): void {
    this.#amount += amount;
    if (this.#amount < this.#most) return;
    this.#amount = 0;
    this.#collect ??= collector();
    this.#collect();
  }
}

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
