import { Pool } from "undici";
import { sha256Hex } from "../base/hash.ts";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import { noUsage } from "../records/usage.ts";
import { parseBaseUrl } from "./base-url.ts";
import { callFailure } from "./call-failure.ts";
import { exchange } from "./exchange.ts";
import type { ReplyReader } from "./exchange.ts";
import type { CallFailure, EndpointOptions, Model, PreparedTurn, TurnRequest } from "./model.ts";
import type { Dialect } from "./model-config.ts";
import { noListing, readModelListing, type ModelListing } from "./model-listing.ts";
import { quirksOf } from "./quirks-of.ts";
import type { Quirks } from "./quirks.ts";
import { createQuote } from "./quote.ts";
import { createRefusalReader } from "./refusal-reader.ts";
import { createBodyReader, createPageReader, createStreamReader } from "./reply-reader.ts";
import type { Reading, ReplyAssembly, ReplyContext } from "./reply-reader.ts";
import { headerOf } from "./retry-after.ts";
import type { Headers } from "./retry-after.ts";

/** What a dialect says in its own way: the body of a request, headers beside the key, and the parts of a reply. */
export interface DialectParts {
  readonly dialect: Dialect;
  readonly headers: Readonly<Record<string, string>>;
  body(turn: DialectTurn): Buffer;
  assemble(context: ReplyContext): ReplyAssembly;
  /** Where the list of models lies beside the dialect's route, with what makes it whole. */
  readonly listing: string;
}

export interface DialectTurn {
  readonly model: string;
  readonly request: TurnRequest;
  readonly quirks: Quirks;
  /** Members of the body that a user's config adds, such as how much a model thinks. */
  readonly extraBody: Readonly<Record<string, unknown>>;
}

/** A model, and what its server shows of itself. */
export interface EndpointModel extends Model, AsyncDisposable {
  /** The bound on a reply's tokens that a request is sent with; null: none is sent. */
  mostOutputTokens(request: TurnRequest): number | null;
  listing(signal: AbortSignal): Promise<ModelListing>;
  /** Whether the last reply that began came as a stream, as was asked; null: none has begun. */
  isStreaming(): boolean | null;
}

const connectMs = 30_000;
/** Below the 5 s after which uvicorn (vLLM, SGLang) and Node close an idle connection, so that none is taken up as it closes. */
const keepAliveMs = 4000;

/**
 * A model behind an endpoint of any dialect. One connection a request in flight, as many as there are requests; disposing closes
 * them all. Redirects are not followed, so that a key goes to no other host. Throws on a base URL that `parseBaseUrl` refuses.
 */
export function createEndpointModel(options: EndpointOptions, parts: DialectParts): EndpointModel {
  const base = parseBaseUrl(options.baseUrl, parts.dialect);
  if (!base.ok) throw new Error(base.error);
  const { origin, host, hostname, path } = base.value;
  const dispatcher = openPool(origin, options.lookup);
  const quote = createQuote(options.apiKey);
  const { firstByteMs, stallMs, model, apiKey, sendReasoning = true, quirks: own = {}, extraBody = {} } = options;
  const quirks = quirksOf({ dialect: parts.dialect, hostname, model, sendReasoning, own });
  const endpoint = { dispatcher, host, path, firstByteMs, stallMs };
  const allHeaders = (): Result<Record<string, string>, CallFailure> => headersFor({ apiKey, host, quirks }, parts.headers);
  let streaming: boolean | null = null;

  function prepare(request: TurnRequest): PreparedTurn {
    const body = parts.body({ model, request, quirks, extraBody });
    const context = { host, quote, toolsOffered: request.tools.length > 0, firstCall: callsIn(request) };
    const readerFor = (status: number, headers: Headers): ReplyReader => {
      if (status >= 300) return createRefusalReader({ status, headers, host, quote });
      const kind = kindOf(headers);
      streaming = kind === "stream";
      return readers[kind]({ context, assembly: parts.assemble(context) });
    };
    return {
      hash: sha256Hex(body),
      send: async (signal, heard) => {
        const headers = allHeaders();
        return headers.ok ? exchange({ ...endpoint, headers: headers.value, body, heard, readerFor }, signal) : headers;
      },
    };
  }

  async function listing(signal: AbortSignal): Promise<ModelListing> {
    const headers = allHeaders();
    if (!headers.ok) return noListing;
    const listPath = path.replace(/\/(chat\/completions|messages)$/, parts.listing);
    return await readModelListing({ dispatcher, path: listPath, headers: headers.value, model }, signal);
  }

  return {
    name: model,
    host,
    mostOutputTokens: (request) => mostOutputTokens(request, quirks),
    prepare,
    listing,
    isStreaming: () => streaming,
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

/** The bound on a reply's tokens that is sent: the request's, else the server's usual one. */
export function mostOutputTokens({ maxOutputTokens }: TurnRequest, { usualMaxTokens }: Quirks): number | null {
  return maxOutputTokens ?? usualMaxTokens;
}

/** Connections to an origin, as many as there are requests; our own deadlines stand in the place of its. */
function openPool(origin: string, lookup: EndpointOptions["lookup"]): Pool {
  return new Pool(origin, {
    connections: null,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    connect: { timeout: connectMs, ...(lookup == null ? {} : { lookup }) },
  });
}

type BodyKind = "page" | "whole" | "stream";

const readers: Readonly<Record<BodyKind, (reading: Reading) => ReplyReader>> = {
  page: ({ context }) => createPageReader(context),
  whole: createBodyReader,
  stream: createStreamReader,
};

function kindOf(headers: Headers): BodyKind {
  const type = headerOf(headers, "content-type")?.toLowerCase() ?? "";
  if (type.includes("text/html")) return "page";
  return type.includes("/json") ? "whole" : "stream";
}

interface KeyUse {
  readonly apiKey: EndpointOptions["apiKey"];
  readonly host: string;
  readonly quirks: Quirks;
}

/** The only place where the key is revealed. */
function headersFor({ apiKey, host, quirks }: KeyUse, own: Readonly<Record<string, string>>): Result<Record<string, string>, CallFailure> {
  const usual = { "content-type": "application/json", accept: "text/event-stream, application/json", "user-agent": "apprentice" };
  const headers = { ...usual, ...own };
  if (apiKey === null) return ok(headers);
  const key = apiKey.reveal();
  if (/^[\x21-\x7e]+$/.test(key)) {
    const sent = quirks.key.map((name) => [name, name === "authorization" ? `Bearer ${key}` : key]);
    return ok({ ...headers, ...Object.fromEntries(sent) });
  }
  const message = `The key for ${host} is empty or holds characters that a header cannot carry.`;
  return err(callFailure("unauthorized", message, { usage: noUsage }));
}

/** Tool calls so far, so that ids which a server leaves out are new in the conversation. */
function callsIn({ messages }: TurnRequest): number {
  return messages.reduce((sum, message) => sum + (message.role === "assistant" ? message.toolCalls.length : 0), 0);
}
