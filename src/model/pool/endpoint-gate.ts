import type { Clock } from "../../base/clock.ts";
import type { EndpointShare } from "../../records/endpoint-share.ts";
import type { Model, TurnOutcome } from "../model.ts";

/** What an endpoint has to do now, for those who watch. `limit`: calls it gets at once; `aside`: it gets none but a probe. */
export interface EndpointState {
  readonly host: string;
  readonly inFlight: number;
  readonly waiting: number;
  readonly limit: number;
  readonly aside: boolean;
}

export interface GateOptions {
  readonly model: Model;
  readonly clock: Clock;
  /** Calls at once that the limit never passes. */
  readonly most: number;
  /** Whether work could go elsewhere, so that this endpoint may be set aside. */
  readonly mayRest: () => boolean;
  /** Where other processes call it too: what they have agreed on. */
  readonly share: EndpointShare | null;
}

/** One call at the endpoint. `heard`: the first part of its reply has come; `end`: it is over, null where nothing came of it. */
export interface Pass {
  heard(): void;
  end(outcome: TurnOutcome | null): void;
}

interface Waiter {
  readonly answer: (pass: Pass | "aborted" | "elsewhere") => void;
}

/** Failures in a row after which an endpoint is set aside; those that will not pass by themselves count at once. */
const mostFailures = 3;
const ailing = new Set(["unreachable", "connection-lost", "first-byte-timeout", "stalled", "server-error"]);
const lasting = new Set(["unauthorized", "no-credit", "unknown-model"]);
/** Is this failure one of the endpoint, not of the call? */
export function isOfTheEndpoint(code: string): boolean {
  return ailing.has(code) || lasting.has(code);
}

const firstRestMs = 15_000;
const longestRestMs = 600_000;

/** A first byte this many times later than usual, and so many milliseconds, is a queue before the model. */
const slowTimes = 4;
const slowMs = 1_000;

/**
 * How many calls one endpoint gets at once: one more for each round of replies, half of those in flight after a refusal for its load,
 * a tenth fewer when replies begin much later than usual, none before the time that it asked for. Calls wait in the order they came.
 */
export class EndpointGate {
  readonly model: Model;
  readonly #clock: Clock;
  readonly #most: number;
  readonly #mayRest: () => boolean;
  readonly #share: EndpointShare | null;
  readonly #waiting: Waiter[] = [];
  #limit: number;
  #inFlight = 0;
  /** The most calls that were there or waited since others were told. */
  #peak = 0;
  #failures = 0;
  /** Times in a row that it was set aside; above 0 it gets one call at a time, as a probe. */
  #rests = 0;
  #closedUntilMs = 0;
  #asideUntilMs = 0;
  /** Calls that began before it tell nothing about the limit as it is now. */
  #lastCutMs = Number.NEGATIVE_INFINITY;
  #usualMs: number | null = null;
  #latelyMs = 0;
  #isTimed = false;

  constructor({ model, clock, most, mayRest, share }: GateOptions) {
    this.model = model;
    this.#clock = clock;
    this.#most = most;
    this.#mayRest = mayRest;
    this.#limit = most;
    this.#share = share;
    share?.wantedBy(() => this.#wanted());
    share?.onRoom(() => this.#serve());
  }

  get state(): EndpointState {
    return { host: this.model.host, inFlight: this.#inFlight, waiting: this.#waiting.length, limit: this.#allowed(), aside: this.isAside };
  }

  get isAside(): boolean {
    return this.#clock.monotonicMs() < this.#asideUntilMs;
  }

  /** When it takes calls again; in the past where it does. */
  get opensAtMs(): number {
    const sharedMs = this.#share?.closedForMs() ?? 0;
    const untilMs = Math.max(this.#asideUntilMs, this.#closedUntilMs);
    return sharedMs > 0 ? Math.max(untilMs, this.#clock.monotonicMs() + sharedMs) : untilMs;
  }

  /** Share of what it may do that is taken. */
  get load(): number {
    return (this.#inFlight + this.#waiting.length) / Math.max(1, this.#allowed());
  }

  /** `elsewhere`: it was set aside meanwhile. */
  async enter(signal: AbortSignal): Promise<Pass | "aborted" | "elsewhere"> {
    if (signal.aborted) return "aborted";
    return await new Promise((resolve) => {
      const give = (answer: Pass | "aborted" | "elsewhere"): void => {
        signal.removeEventListener("abort", stop);
        resolve(answer);
      };
      const waiter: Waiter = { answer: give };
      const stop = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        give("aborted");
      };
      signal.addEventListener("abort", stop, { once: true });
      this.#waiting.push(waiter);
      this.#peak = Math.max(this.#peak, this.#inFlight + this.#waiting.length);
      this.#serve();
    });
  }

  #wanted(): { readonly inFlight: number; readonly wanted: number } {
    const wanted = this.#peak;
    this.#peak = this.#inFlight + this.#waiting.length;
    return { inFlight: this.#inFlight, wanted };
  }

  #allowed(): number {
    const own = this.#rests > 0 ? 1 : Math.max(1, Math.floor(this.#limit));
    return Math.min(own, this.#share?.calls ?? own);
  }

  #serve(): void {
    const waitMs = this.opensAtMs - this.#clock.monotonicMs();
    if (waitMs > 0) {
      if (this.#waiting.length > 0) this.#serveIn(waitMs);
      return;
    }
    while (this.#inFlight < this.#allowed()) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#inFlight++;
      next.answer(this.#pass());
    }
  }

  #serveIn(waitMs: number): void {
    if (this.#isTimed) return;
    this.#isTimed = true;
    setTimeout(() => {
      this.#isTimed = false;
      this.#serve();
    }, Math.ceil(waitMs));
  }

  #pass(): Pass {
    const beganMs = this.#clock.monotonicMs();
    let isOpen = true;
    return {
      heard: () => this.#heard(beganMs),
      end: (outcome) => {
        if (!isOpen) return;
        isOpen = false;
        if (outcome !== null) this.#learn(outcome, beganMs);
        this.#inFlight--;
        this.#serve();
      },
    };
  }

  #heard(beganMs: number): void {
    const ms = this.#clock.monotonicMs() - beganMs;
    this.#latelyMs = this.#usualMs === null ? ms : 0.8 * this.#latelyMs + 0.2 * ms;
    // Prompts grow in the course of a run, so what is usual may slowly become more.
    this.#usualMs = Math.min(ms, (this.#usualMs ?? ms) * 1.02);
    if (this.#isSlow()) this.#cut(0.9, beganMs);
  }

  #isSlow(): boolean {
    return this.#usualMs !== null && this.#latelyMs > slowTimes * this.#usualMs + slowMs;
  }

  #learn(outcome: TurnOutcome, beganMs: number): void {
    if (outcome.ok) {
      this.#failures = 0;
      this.#rests = 0;
      if (!this.#isSlow()) this.#limit = Math.min(this.#most, this.#limit + 1 / this.#limit);
      return;
    }
    const { failure, retryAfterMs } = outcome.error;
    if (failure.code === "rate-limited" || retryAfterMs !== null) {
      this.#cut(0.5, beganMs);
      const closedMs = Math.min(retryAfterMs ?? 0, longestRestMs);
      this.#closedUntilMs = Math.max(this.#closedUntilMs, this.#clock.monotonicMs() + closedMs);
      this.#share?.tellClosed(closedMs);
    } else if (isOfTheEndpoint(failure.code)) {
      this.#failures++;
      if (this.#failures >= mostFailures || this.#rests > 0 || lasting.has(failure.code)) this.#setAside();
    }
  }

  /** Once for all calls that were under way together. */
  #cut(share: number, beganMs: number): void {
    if (beganMs < this.#lastCutMs) return;
    this.#lastCutMs = this.#clock.monotonicMs();
    this.#limit = Math.max(1, Math.min(this.#limit, this.#inFlight) * share);
  }

  #setAside(): void {
    if (!this.#mayRest()) return;
    const restMs = Math.min(longestRestMs, firstRestMs * 2 ** this.#rests);
    this.#rests++;
    this.#failures = 0;
    this.#asideUntilMs = this.#clock.monotonicMs() + restMs;
    for (const { answer } of this.#waiting.splice(0)) answer("elsewhere");
  }
}
