import type { Clock } from "../base/clock.ts";

const hourMs = 3_600_000;

export interface GpuPrice {
  /** US dollars an hour of one GPU. */
  readonly usdPerHour: number;
  /** GPUs that each endpoint occupies. */
  readonly gpus: number;
}

/** A call's share of an endpoint's time, in US dollars; the first `stop` ends it, every later one says the same. */
export interface GpuCall {
  stop(): number;
}

/**
 * What calls cost at one endpoint that is paid by the hour: its time, while at least one call is there, shared equally among the calls
 * that are there at the same moment. Time without a call costs nothing here, though the machine may cost something.
 */
export class GpuClock {
  readonly #clock: Clock;
  readonly #usdPerMs: number;
  /** Calls of other processes that are there now, as far as is known. */
  readonly #others: () => number;
  #calls = 0;
  #asOfMs = 0;
  /** What one call would have cost that has been there from the beginning. */
  #eachUsd = 0;
  #largestUsd: number | null = null;

  constructor({ usdPerHour, gpus }: GpuPrice, clock: Clock, others: () => number = () => 0) {
    this.#clock = clock;
    this.#usdPerMs = (usdPerHour * gpus) / hourMs;
    this.#others = others;
  }

  /** To reserve for a call: the largest share yet; before there is one, half a minute alone. */
  get largestUsd(): number {
    return this.#largestUsd ?? 30_000 * this.#usdPerMs;
  }

  begin(): GpuCall {
    this.#advance();
    this.#calls++;
    const beganUsd = this.#eachUsd;
    let usd: number | null = null;
    return {
      stop: () => {
        if (usd !== null) return usd;
        this.#advance();
        this.#calls--;
        usd = this.#eachUsd - beganUsd;
        this.#largestUsd = Math.max(this.#largestUsd ?? 0, usd);
        return usd;
      },
    };
  }

  #advance(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#calls > 0) this.#eachUsd += ((nowMs - this.#asOfMs) * this.#usdPerMs) / (this.#calls + this.#others());
    this.#asOfMs = nowMs;
  }
}
