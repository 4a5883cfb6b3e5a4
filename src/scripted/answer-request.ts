import { drawUnit } from "../base/draw.ts";
import { sha256Hex } from "../base/hash.ts";
import { composeReply } from "./compose-reply.ts";
import type { Delivery } from "./deliver.ts";
import type { Dialect, TeacherError, TeacherRequest } from "./dialects/dialect.ts";
import type { FaultPlan } from "./fault-plan.ts";
import type { TransportFault } from "./fault.ts";
import type { RequestLine } from "./request-log.ts";
import { tokensOfBytes } from "./token-estimate.ts";

export interface AnswerSettings {
  readonly seed: number;
  readonly plan: FaultPlan;
}

/** What goes into the log, and what is sent. */
export interface Answer {
  readonly line: Omit<RequestLine, "time" | "inFlight">;
  readonly delivery: Delivery;
}

/** Decides what a request gets. The only thing remembered between requests is how often each arrived, for transport faults. */
export function answerRequest({ seed, plan }: AnswerSettings, dialect: Dialect, body: Uint8Array): Answer {
  const hash = sha256Hex(body);
  const refused = (outcome: RequestLine["outcome"], error: TeacherError): Answer => ({
    line: { hash, outcome, inputTokens: 0, outputTokens: 0 },
    delivery: { kind: "error", error: error.kind, body: dialect.error(error) },
  });
  const read = dialect.read(jsonOf(body));
  if (!read.ok) return refused("400", { kind: "bad-request", message: read.error });
  const { model } = read.value;
  if (model !== "scripted") {
    return refused("404", { kind: "not-found", message: `The model \`${model}\` does not exist; this server has \`scripted\`.` });
  }
  const fault = plan.transport(hash);
  if (fault === "reset") {
    return { line: { hash, outcome: fault, inputTokens: tokensOfBytes(body.length), outputTokens: 0 }, delivery: { kind: "reset" } };
  }
  if (fault === null || !isRefusal(fault)) {
    return replyTo({ seed, plan, dialect, hash, fault, request: read.value, bodyBytes: body.length });
  }
  return refused(fault, httpFaults[fault]);
}

type Refusal = "429" | "500" | "401" | "404" | "402" | "529";
type Breakage = Exclude<TransportFault, Refusal | "reset">;

const httpFaults: Readonly<Record<Refusal, TeacherError>> = {
  "429": { kind: "rate-limited", message: "Scripted fault: too many requests, try again shortly." },
  "500": { kind: "server-error", message: "Scripted fault: internal error." },
  "401": { kind: "unauthorized", message: "Scripted fault: the key is not accepted." },
  "404": { kind: "not-found", message: "Scripted fault: the model does not exist." },
  "402": { kind: "no-credit", message: "Scripted fault: the account has no credit left." },
  "529": { kind: "overloaded", message: "Scripted fault: overloaded." },
};

function isRefusal(fault: TransportFault): fault is Refusal {
  return Object.hasOwn(httpFaults, fault);
}

interface Replying extends AnswerSettings {
  readonly dialect: Dialect;
  readonly hash: string;
  readonly fault: Breakage | null;
  readonly request: TeacherRequest;
  readonly bodyBytes: number;
}

function replyTo({ seed, plan, dialect, hash, fault, request, bodyBytes }: Replying): Answer {
  const composed = composeReply({ request, hash, bodyBytes, seed, plan });
  const { usage } = composed.reply;
  const outcome = fault ?? composed.fault ?? "ok";
  const line: Answer["line"] = { hash, outcome, inputTokens: usage.input ?? 0, outputTokens: usage.output ?? 0 };
  const written = { id: hash.slice(0, 16), reply: composed.reply, includeUsage: request.includeUsage };
  const { stream } = request;
  const parts = stream ? dialect.events(written) : [dialect.whole(written)];
  const variant = fault === null ? false : drawUnit(seed, "variant", fault, hash) < 0.5;
  if (fault === "stall") return { line, delivery: { kind: fault, stream, parts, beforeFirstByte: variant } };
  if (fault === "cut") return { line, delivery: { kind: fault, stream, parts, abrupt: variant } };
  if (fault === "garbled") return { line, delivery: { kind: "broken", stream, parts, word: garbage[stream ? "event" : "whole"] } };
  if (fault === "error") {
    const failed = httpFaults["529"];
    if (!stream) return { line, delivery: { kind: "error", error: failed.kind, body: dialect.error(failed) } };
    return { line, delivery: { kind: "broken", stream, parts, word: dialect.errorEvent(failed) } };
  }
  return { line, delivery: { kind: "reply", stream, parts } };
}

const garbage = { event: 'data: {"id": "garbled, \n\n', whole: "{" };

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  } catch {
    return undefined;
  }
}
