import { z } from "zod";
import { noUsage } from "../records/usage.ts";
import { callFailure } from "./call-failure.ts";
import type { CallCode } from "./call-failure.ts";
import type { CallFailure } from "./model.ts";
import type { Quote } from "./quote.ts";

/** An error that a server answered with, as a status or inside a stream. `body` is the text it sent. */
export interface Refusal {
  readonly host: string;
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs: number | null;
  readonly quote: Quote;
}

/** What is common to the error bodies of OpenAI, vLLM, SGLang, llama.cpp, z.ai, FastAPI and proxies. */
const words = z.union([z.string(), z.number().transform(String)]).catch("");
const ErrorWords = z.object({ message: words, type: words, code: words });
const ErrorBody = z.object({ error: z.union([ErrorWords, z.string().transform(saying)]) });
const FlatBody = z.union([z.object({ detail: z.unknown() }).transform(({ detail }) => saying(textOf(detail))), ErrorWords]);

interface Said {
  readonly message: string;
  readonly type: string;
  readonly code: string;
}

const overflow = new RegExp(
  [
    "context_length_exceeded|exceed_context_size|context_window_exceeded", // codes of OpenAI, llama.cpp, others
    "maximum context length|model'?s context length", // vLLM, OpenAI, DeepSeek, SGLang
    "exceed\\w* (the |this |our )?(model'?s? |available )?(maximum )?context", // llama.cpp, OpenAI
    "prompt exceeds max length|prompt is too long|input is too long|exceeded model token limit", // z.ai, Anthropic, Bedrock, Moonshot
    "input token count.{0,40}exceeds|`inputs` tokens \\+ `max_new_tokens`", // Gemini, TGI
  ].join("|"),
  "i",
);
const noCredit =
  /insufficient[ _-]?(balance|credit|fund|quota|user[ _]quota)|credit balance is too low|no resource package|billing_hard_limit/i;
const noCreditCode = /quota|^1113$|^billing/i;
const unknownModel = /model_not_found|unknown model|model\b.{0,200}\b(does not exist|not found|not exist)|^1211$/i;
const overflowCode = "1261";

/** The failure that a refused request is. Providers do not charge for these, so nothing was used. */
export function refusalFailure(refusal: Refusal): CallFailure {
  const said = saidIn(refusal.body);
  const code = codeOf(refusal.status, said);
  const quoted = refusal.quote(said.message === "" ? refusal.body : said.message);
  const message = `${refusal.host} ${meaning(code, refusal.status)} (${refusal.status})${quoted === "" ? "." : `: ${quoted}`}`;
  const retryable = code === "unreachable" ? { retryable: false } : {};
  return callFailure(code, message, { usage: noUsage, retryAfterMs: refusal.retryAfterMs, ...retryable });
}

function codeOf(status: number, said: Said): CallCode {
  const all = `${said.code} ${said.type} ${said.message}`;
  if (status === 402 || noCredit.test(all) || noCreditCode.test(said.code) || /quota/i.test(said.type)) return "no-credit";
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 429) return "rate-limited";
  if (overflow.test(all) || said.code === overflowCode) return "context-overflow";
  if (status < 500 && (unknownModel.test(said.message) || unknownModel.test(said.code))) return "unknown-model";
  if (status === 404 && /model/i.test(all)) return "unknown-model";
  if (status >= 500 || status === 408 || status === 425) return "server-error";
  if (status === 404 || status === 405 || status < 400) return "unreachable";
  return "bad-request";
}

function meaning(code: CallCode, status: number): string {
  if (code === "unreachable")
    return status < 400 ? "redirects, which is not followed; set the final base URL" : "has no such route; check the base URL";
  if (code === "unauthorized") return "does not accept the key";
  if (code === "no-credit") return "says that the account has no credit";
  if (code === "unknown-model") return "does not serve this model";
  if (code === "rate-limited") return "limits the rate of requests";
  if (code === "context-overflow") return "says that the context is full";
  return code === "server-error" ? "failed" : "refused the request";
}

function saidIn(body: string): Said {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return saying(body);
  }
  const nested = ErrorBody.safeParse(parsed);
  if (nested.success) return nested.data.error;
  const flat = FlatBody.safeParse(parsed);
  return flat.success ? flat.data : saying(body);
}

function saying(message: string): Said {
  return { message, type: "", code: "" };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
