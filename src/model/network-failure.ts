import { noUsage } from "../records/usage.ts";
import { callFailure } from "./call-failure.ts";
import { refusedAddress } from "./endpoint-reach.ts";
import type { CallFailure } from "./model.ts";

/** Where a connection broke. `sent`: whether the request was begun. */
export interface BrokenConnection {
  readonly host: string;
  readonly error: Error;
  readonly sent: boolean;
}

const reasons = new Map([
  ["ECONNREFUSED", "nothing listens there"],
  ["ENOTFOUND", "the name is not known"],
  ["EAI_AGAIN", "the name cannot be looked up now"],
  ["EHOSTUNREACH", "there is no route to it"],
  ["ENETUNREACH", "there is no network to it"],
  ["EHOSTDOWN", "the host is down"],
  ["ETIMEDOUT", "connecting took too long"],
  ["UND_ERR_CONNECT_TIMEOUT", "connecting took too long"],
  ["EPROTO", "it does not speak TLS"],
]);
const certificate = /CERT|SELF_SIGNED|UNABLE_TO_|^ERR_(TLS|SSL)_/;

/** The failure that a broken connection is: unreachable where none came about for a lasting reason, else lost. */
export function networkFailure({ host, error, sent }: BrokenConnection): CallFailure {
  const code = codeOf(error);
  const cost = sent ? {} : { usage: noUsage };
  if (code === "UND_ERR_DESTROYED" || code === "UND_ERR_CLOSED") {
    return callFailure("cancelled", `The request to ${host} was given up: its client was closed.`, cost);
  }
  if (code.startsWith("HPE_")) return callFailure("malformed-reply", `${host} answered with something that is not HTTP (${code}).`);
  if (code === refusedAddress) {
    const message = `Nothing was sent to ${host}: its name leads to a public address now, and privacy is local.`;
    return callFailure("unreachable", message, { usage: noUsage, retryable: false });
  }
  const reason = certificate.test(code) ? "its certificate is not accepted" : reasons.get(code);
  if (!sent && reason !== undefined) {
    return callFailure("unreachable", `${host} cannot be reached: ${reason} (${code}).`, cost);
  }
  return callFailure("connection-lost", `The connection to ${host} was lost (${code}).`, cost);
}

function codeOf(error: Error): string {
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause instanceof Error ? codeOf(error.cause) : error.name;
}
