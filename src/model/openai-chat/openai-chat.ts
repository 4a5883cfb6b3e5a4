import { Pool } from "undici";
import { err, ok } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import { sha256Hex } from "../../base/hash.ts";
import { noUsage } from "../../records/usage.ts";
import { parseBaseUrl } from "../base-url.ts";
import { callFailure } from "../call-failure.ts";
import { exchange } from "../exchange.ts";
import type { ReplyReader } from "../exchange.ts";
import type { CallFailure, EndpointOptions, Model, PreparedTurn, TurnRequest } from "../model.ts";
import { createQuote } from "../quote.ts";
import { createRefusalReader } from "../refusal-reader.ts";
import { headerOf } from "../retry-after.ts";
import type { Headers } from "../retry-after.ts";
import type { ReplyContext } from "./reply-assembly.ts";
import { createBodyReader, createPageReader, createStreamReader } from "./reply-reader.ts";
import { requestBody, usualQuirks } from "./request-body.ts";
import type { ChatQuirks } from "./request-body.ts";

const connectMs = 30_000;
/** Below the 5 s after which uvicorn (vLLM, SGLang) and Node close an idle connection, so that none is taken up as it closes. */
const keepAliveMs = 4000;

/**
 * A model behind an OpenAI-compatible endpoint. One connection a request in flight, as many as there are requests; disposing closes
 * them all. Redirects are not followed, so that a key goes to no other host. Throws on a base URL that `parseBaseUrl` refuses.
 */
export function createOpenAiChat(options: EndpointOptions, quirks: ChatQuirks = usualQuirks): Model & AsyncDisposable {
  const base = parseBaseUrl(options.baseUrl);
  if (!base.ok) throw new Error(base.error);
  const { origin, host, chatPath } = base.value;
  const dispatcher = new Pool(origin, {
    connections: null,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    connect: { timeout: connectMs, ...(options.lookup == null ? {} : { lookup: options.lookup }) },
  });
  const quote = createQuote(options.apiKey);
  const { firstByteMs, stallMs, model, apiKey } = options;
  const endpoint = { dispatcher, host, path: chatPath, firstByteMs, stallMs };

  function prepare(request: TurnRequest): PreparedTurn {
    const body = requestBody({ model, request, quirks });
    const context = { host, quote, toolsOffered: request.tools.length > 0, firstCall: callsIn(request) };
    const readerFor = (status: number, headers: Headers): ReplyReader => readerOf(status, headers, context);
    return {
      hash: sha256Hex(body),
      send: async (signal) => {
        const headers = headersFor(apiKey, host);
        return headers.ok ? exchange({ ...endpoint, headers: headers.value, body, readerFor }, signal) : headers;
      },
    };
  }

  return { name: model, host, prepare, [Symbol.asyncDispose]: () => dispatcher.destroy() };
}

function readerOf(status: number, headers: Headers, context: ReplyContext): ReplyReader {
  if (status >= 300) return createRefusalReader({ status, headers, host: context.host, quote: context.quote });
  const type = headerOf(headers, "content-type")?.toLowerCase() ?? "";
  if (type.includes("text/html")) return createPageReader(context);
  return type.includes("/json") ? createBodyReader(context) : createStreamReader(context);
}

/** The only place where the key is revealed. */
function headersFor(apiKey: EndpointOptions["apiKey"], host: string): Result<Record<string, string>, CallFailure> {
  const headers = { "content-type": "application/json", accept: "text/event-stream, application/json", "user-agent": "apprentice" };
  if (apiKey === null) return ok(headers);
  const key = apiKey.reveal();
  if (/^[\x21-\x7e]+$/.test(key)) return ok({ ...headers, authorization: `Bearer ${key}` });
  const message = `The key for ${host} is empty or holds characters that a header cannot carry.`;
  return err(callFailure("unauthorized", message, { usage: noUsage }));
}

/** Tool calls so far, so that ids which a server leaves out are new in the conversation. */
function callsIn({ messages }: TurnRequest): number {
  return messages.reduce((sum, message) => sum + (message.role === "assistant" ? message.toolCalls.length : 0), 0);
}
