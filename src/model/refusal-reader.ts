import { err } from "../base/result.ts";
import { CappedBody } from "./capped-body.ts";
import type { ReplyReader } from "./exchange.ts";
import { refusalFailure } from "./refusal.ts";
import type { Quote } from "./quote.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { Headers } from "./retry-after.ts";

/** Bytes of an error's body that are read: what matters is at its head. */
const mostBytes = 65_536;

export interface RefusedReply {
  readonly status: number;
  readonly headers: Headers;
  readonly host: string;
  readonly quote: Quote;
}

/** Reads an answer with a status other than success. The status decides, even when its body never ends. */
export function createRefusalReader({ status, headers, host, quote }: RefusedReply): ReplyReader {
  const body = new CappedBody(mostBytes);
  return {
    feed: (chunk) => body.feed(chunk),
    end: () => err(refusalFailure({ host, quote, status, body: body.text(), retryAfterMs: retryAfterMs(headers, Date.now()) })),
  };
}
