import type { LookupFunction } from "node:net";
import type { Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import type { Message, ModelReply, ToolSchema } from "../records/message.ts";
import type { Usage } from "../records/usage.ts";
import type { Quirks } from "./quirks.ts";

/** One chat turn with tools. `maxOutputTokens` null: the server's own limit. */
export interface TurnRequest {
  readonly messages: readonly Message[];
  readonly tools: readonly ToolSchema[];
  readonly temperature: number;
  readonly maxOutputTokens: number | null;
}

/** A request that brought no complete reply. `usage`: what is known of its cost; `retryAfterMs`: what the server asked for. */
export interface CallFailure {
  readonly failure: Failure;
  readonly usage: Usage;
  readonly retryAfterMs: number | null;
}

export type TurnOutcome = Result<ModelReply, CallFailure>;

/**
 * A turn made ready to send. `hash`: SHA-256 of the exact bytes of the request's body, 64 hex digits. `heard` is called when the first
 * part of the reply has come.
 */
export interface PreparedTurn {
  readonly hash: string;
  send(signal: AbortSignal, heard?: () => void): Promise<TurnOutcome>;
}

/**
 * A model behind an endpoint. One `send` is one HTTP request, streamed, never retried in here. It never returns a part of a
 * reply as a whole one: a stream that ends without a finish reason is the failure `cut`. Failure codes (boundary `model`):
 * `rate-limited` `server-error` `connection-lost` `first-byte-timeout` `stalled` `cut` `malformed-reply` (retryable);
 * `context-overflow` `bad-request` (of the call); `unauthorized` `no-credit` `unknown-model` `unreachable` (of the
 * whole run, `unreachable` retryable too); `cancelled` (the signal).
 */
export interface Model {
  /** Model name as sent to the server, and as priced. */
  readonly name: string;
  /** Host and port for messages to people; never a key. */
  readonly host: string;
  prepare(request: TurnRequest): PreparedTurn;
}

/**
 * Room for one call at one endpoint. `leave` gives it back, with what came of the call; null: it was never sent. `forTheRun`: the
 * outcome with the failure as it concerns the run, of which this endpoint may be one of several.
 */
export interface Place {
  readonly model: Model;
  heard(): void;
  leave(outcome: TurnOutcome | null): void;
  forTheRun(outcome: TurnOutcome): TurnOutcome;
}

/** Where calls go (design §6). `host`: of all endpoints, for messages to people. */
export interface ModelPool {
  readonly name: string;
  readonly host: string;
  /** Waits for room; calls of one `key` stay at one endpoint while they can. Null: the signal aborted. */
  enter(key: string, signal: AbortSignal): Promise<Place | null>;
}

/** A key and, where it has one, the name of its variable, which stands in its place in what a server echoes. */
export interface ApiKey {
  readonly name?: string;
  reveal(): string;
}

/** What a client needs of an endpoint. Deadlines in milliseconds: to the first byte of the reply, and between its parts. */
export interface EndpointOptions {
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey: ApiKey | null;
  readonly firstByteMs: number;
  readonly stallMs: number;
  /** Earlier reasoning is sent back, where the server takes it; left out: it is. */
  readonly sendReasoning?: boolean;
  /** What the user says of the server, which wins over the table of quirks. */
  readonly quirks?: Partial<Quirks>;
  /** Members that every body gets beside its own, which win. */
  readonly extraBody?: Readonly<Record<string, unknown>>;
  /** How names become addresses when a connection is made (`guardedLookup`); left out or null: as the system does. */
  readonly lookup?: LookupFunction | null;
}
