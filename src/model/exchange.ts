import type { Dispatcher } from "undici";
import { err } from "../base/result.ts";
import { noUsage } from "../records/usage.ts";
import { callFailure } from "./call-failure.ts";
import type { CallFailure, TurnOutcome } from "./model.ts";
import { networkFailure } from "./network-failure.ts";
import type { Headers } from "./retry-after.ts";

/** Reads the body of one reply, in the dialect of its server. */
export interface ReplyReader {
  /** `part`: something of the reply; `idle`: only a sign that the connection lives; `done`: the outcome is fixed. */
  feed(bytes: Uint8Array): "part" | "idle" | "done";
  /** The outcome when no more bytes are read; `problem`: what ended the body early, null for its own end. */
  end(problem: CallFailure | null): TurnOutcome;
}

/** One POST. Deadlines in milliseconds: to the first part of the reply, and between its parts. */
export interface Post {
  readonly dispatcher: Dispatcher;
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly firstByteMs: number;
  readonly stallMs: number;
  /** Called with the first part of the reply. */
  readonly heard?: (() => void) | undefined;
  readerFor(status: number, headers: Headers): ReplyReader;
}

/** How long a finished reply may keep its connection before that is closed. */
const lingerMs = 1000;
const longestTimerMs = 2 ** 31 - 1;

/** Sends one request and reads its reply. A connection that did not end well is destroyed, never used again. */
export function exchange(post: Post, signal: AbortSignal): Promise<TurnOutcome> {
  if (signal.aborted) return Promise.resolve(err(cancelled(post.host)));
  const running = new Exchange(post, signal);
  running.start();
  return running.outcome;
}

function cancelled(host: string): CallFailure {
  return callFailure("cancelled", `The request to ${host} was cancelled.`, { usage: noUsage });
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #post: Post;
  readonly #signal: AbortSignal;
  readonly #settlement = Promise.withResolvers<TurnOutcome>();
  #controller: Dispatcher.DispatchController | null = null;
  #reader: ReplyReader | null = null;
  #timer: NodeJS.Timeout;
  #parts = 0;
  #settled = false;

  constructor(post: Post, signal: AbortSignal) {
    this.#post = post;
    this.#signal = signal;
    this.#timer = setTimeout(this.#onLate, Math.min(post.firstByteMs, longestTimerMs));
  }

  get outcome(): Promise<TurnOutcome> {
    return this.#settlement.promise;
  }

  start(): void {
    const { dispatcher, path, headers, body } = this.#post;
    this.#signal.addEventListener("abort", this.#onAbort, { once: true });
    dispatcher.dispatch({ path, method: "POST", headers, body }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error("given up before it was sent"));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (this.#settled || status < 200) return;
    this.#reader = this.#post.readerFor(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Uint8Array): void {
    const reader = this.#reader;
    if (!this.#settled && reader !== null) this.#throwing(() => this.#take(reader, bytes));
  }

  onResponseEnd(): void {
    clearTimeout(this.#timer);
    if (!this.#settled) this.#throwing(() => this.#settle(this.#ended(null)));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    clearTimeout(this.#timer);
    if (this.#settled) return;
    const problem = networkFailure({ host: this.#post.host, error, sent: this.#controller !== null });
    this.#throwing(() => this.#settle(this.#ended(problem)));
  }

  /** A bug in a reader must reach the caller, and the HTTP client would take it for a broken connection. */
  #throwing(step: () => void): void {
    try {
      step();
    } catch (bug) {
      this.#close();
      this.#destroy();
      this.#settlement.reject(bug);
    }
  }

  #take(reader: ReplyReader, bytes: Uint8Array): void {
    const fed = reader.feed(bytes);
    if (fed === "idle") return;
    this.#parts += 1;
    if (this.#parts === 1) this.#post.heard?.();
    if (fed === "done") this.#finish(reader.end(null));
    else if (this.#parts > 1) this.#timer.refresh();
    else {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(this.#onLate, Math.min(this.#post.stallMs, longestTimerMs));
    }
  }

  /** A whole reply leaves its connection a moment to end the body and be used again. */
  #finish(outcome: TurnOutcome): void {
    this.#settle(outcome);
    if (outcome.ok) this.#timer = setTimeout(() => this.#destroy(), lingerMs);
    else this.#destroy();
  }

  /** What arrived while this process was held up (a pause, a busy loop) is read before the server is called late. */
  readonly #onLate = (): void => {
    const parts = this.#parts;
    setImmediate(() => {
      if (!this.#settled && this.#parts === parts) this.#giveUp();
    });
  };

  #giveUp(): void {
    const { host, firstByteMs, stallMs } = this.#post;
    const problem =
      this.#parts > 0
        ? callFailure("stalled", `${host} sent no more of its reply for ${stallMs / 1000} s.`)
        : callFailure("first-byte-timeout", `${host} sent nothing of a reply within ${firstByteMs / 1000} s.`);
    this.#throwing(() => this.#settle(this.#ended(problem)));
    this.#destroy();
  }

  /** What was cancelled never looks like a whole reply, even when its last part had come. */
  readonly #onAbort = (): void => {
    const nothing = cancelled(this.#post.host);
    const problem = this.#controller === null ? nothing : callFailure("cancelled", nothing.failure.message);
    const ended = this.#ended(problem);
    this.#settle(err({ ...problem, usage: ended.ok ? ended.value.usage : ended.error.usage }));
    this.#destroy();
  };

  #ended(problem: CallFailure | null): TurnOutcome {
    if (this.#reader !== null) return this.#reader.end(problem);
    return err(problem ?? callFailure("connection-lost", `${this.#post.host} ended the connection without a reply.`));
  }

  #settle(outcome: TurnOutcome): void {
    this.#close();
    this.#settlement.resolve(outcome);
  }

  #close(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#onAbort);
  }

  #destroy(): void {
    this.#controller?.abort(new Error("given up"));
  }
}
