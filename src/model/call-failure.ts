import { failure } from "../records/failure.ts";
import { unknownUsage } from "../records/usage.ts";
import type { Usage } from "../records/usage.ts";
import type { CallFailure } from "./model.ts";

const ofTheTry = { retryable: true, wholeRun: false };
const ofTheCall = { retryable: false, wholeRun: false };
const ofTheRun = { retryable: false, wholeRun: true };

/** What each code means for the run (contract in model.ts). */
const natures = {
  "rate-limited": ofTheTry,
  "server-error": ofTheTry,
  "connection-lost": ofTheTry,
  "first-byte-timeout": ofTheTry,
  stalled: ofTheTry,
  cut: ofTheTry,
  "malformed-reply": ofTheTry,
  "context-overflow": ofTheCall,
  "bad-request": ofTheCall,
  cancelled: ofTheCall,
  unauthorized: ofTheRun,
  "no-credit": ofTheRun,
  "unknown-model": ofTheRun,
  unreachable: { retryable: true, wholeRun: true },
};

export type CallCode = keyof typeof natures;

export interface CallFailureDetails {
  readonly usage?: Usage;
  readonly retryAfterMs?: number | null;
  /** Only where it differs from what the code says. */
  readonly retryable?: boolean;
}

/** A failed call; its usage is unknown unless given. */
export function callFailure(code: CallCode, message: string, details: CallFailureDetails = {}): CallFailure {
  const nature = { ...natures[code], ...(details.retryable === undefined ? {} : { retryable: details.retryable }) };
  return {
    failure: failure({ boundary: "model", code, message, ...nature }),
    usage: details.usage ?? unknownUsage,
    retryAfterMs: details.retryAfterMs ?? null,
  };
}
