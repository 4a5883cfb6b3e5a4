import type { ServerResponse } from "node:http";
import { statusOf } from "./dialects/dialect.ts";
import type { TeacherErrorKind } from "./dialects/dialect.ts";

/** What is sent for a request. `parts`: one text for a whole reply, the events of a streamed one. */
export type Delivery =
  | { readonly kind: "error"; readonly error: TeacherErrorKind; readonly body: string }
  | { readonly kind: "reset" }
  | { readonly kind: "reply"; readonly stream: boolean; readonly parts: readonly string[] }
  /** Silence after the first part, or before any. */
  | { readonly kind: "stall"; readonly stream: boolean; readonly parts: readonly string[]; readonly beforeFirstByte: boolean }
  /** The end in the middle; `abrupt`: by closing the connection, else as if the stream were complete. */
  /** A foreign word in the middle of the events, or at the end of a text; then the reply goes on as if nothing had been. */
  | { readonly kind: "broken"; readonly stream: boolean; readonly parts: readonly string[]; readonly word: string }
  | { readonly kind: "cut"; readonly stream: boolean; readonly parts: readonly string[]; readonly abrupt: boolean };

/** A stalled reply that nobody gives up ends itself after this time. */
const longestStallMs = 600_000;

export function deliver(response: ServerResponse, delivery: Delivery): void {
  switch (delivery.kind) {
    case "error":
      sendError(response, delivery.error, delivery.body);
      return;
    case "reset":
      reset(response);
      return;
    case "reply":
      writeHead(response, delivery);
      response.end(delivery.parts.join(""));
      return;
    case "stall":
      stall(response, delivery);
      return;
    case "cut":
      cut(response, delivery);
      return;
    case "broken": {
      const parts = withWord(delivery);
      writeHead(response, { stream: delivery.stream, parts });
      response.end(parts.join(""));
      return;
    }
  }
}

function writeHead(response: ServerResponse, { stream, parts }: { stream: boolean; parts: readonly string[] }): void {
  if (stream) response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  else response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(parts.join("")) });
}

function sendError(response: ServerResponse, error: TeacherErrorKind, body: string): void {
  const wait = error === "rate-limited" ? { "retry-after": "1", "retry-after-ms": "200" } : {};
  response.writeHead(statusOf[error], { "content-type": "application/json", ...wait });
  response.end(body);
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

function stall(response: ServerResponse, delivery: Delivery & { kind: "stall" }): void {
  if (!delivery.beforeFirstByte) {
    writeHead(response, delivery);
    if (delivery.stream) response.write(delivery.parts.slice(0, 2).join(""));
    else response.write(delivery.parts.join("").slice(0, 1));
  }
  const timer = setTimeout(() => response.destroy(), longestStallMs);
  response.on("close", () => clearTimeout(timer));
}

function withWord({ stream, parts, word }: Delivery & { kind: "broken" }): string[] {
  const middle = stream ? beforeFinish(parts.length) : parts.length;
  return [...parts.slice(0, middle), word, ...parts.slice(middle)];
}

/** Most events that follow the last piece of content: the finish reason, the usage, the end. */
const lastEvents = 4;

/** So many events come before any finish reason, however short the reply; they end inside a tool call where there is one. */
function beforeFinish(events: number): number {
  return Math.max(1, Math.min(Math.ceil(events * 0.6), events - lastEvents));
}

/** Half of the events, or of the text. */
function cut(response: ServerResponse, delivery: Delivery & { kind: "cut" }): void {
  const { stream, parts } = delivery;
  writeHead(response, delivery);
  const sent = stream ? parts.slice(0, beforeFinish(parts.length)).join("") : parts.join("").slice(0, 40);
  if (stream && !delivery.abrupt) response.end(sent);
  else response.write(sent, () => response.destroy());
}
