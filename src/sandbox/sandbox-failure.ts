import { err } from "../base/result.ts";
import { failure, type Failure } from "../records/failure.ts";

/** The sandbox can not be used any more; another try in a new one may go better. */
export function sandboxDied(message: string): { readonly ok: false; readonly error: Failure } {
  return err(failure({ boundary: "sandbox", code: "sandbox-died", message, retryable: true }));
}

/** Whoever asked does not want the answer any more. */
export function cancelled(): { readonly ok: false; readonly error: Failure } {
  return err(failure({ boundary: "sandbox", code: "cancelled", message: "The sandbox was stopped on request.", retryable: true }));
}

/** The sandbox never stood. */
export function notOpened(message: string, parts: Partial<Failure> = {}): { readonly ok: false; readonly error: Failure } {
  return err(failure({ boundary: "sandbox", code: "sandbox-not-opened", message, retryable: true, ...parts }));
}
