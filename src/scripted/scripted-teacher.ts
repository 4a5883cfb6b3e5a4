import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { pause } from "../base/deadline.ts";
import { drawUnit } from "../base/draw.ts";
import { answerRequest } from "./answer-request.ts";
import type { AnswerSettings } from "./answer-request.ts";
import { deliver } from "./deliver.ts";
import { anthropicMessages } from "./dialects/anthropic-messages.ts";
import type { Dialect } from "./dialects/dialect.ts";
import { openaiChat } from "./dialects/openai-chat.ts";
import type { FaultShares } from "./fault.ts";
import { createFaultPlan } from "./fault-plan.ts";
import { openRequestLog } from "./request-log.ts";
import type { RequestLog } from "./request-log.ts";

export interface ScriptedTeacherOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly seed: number;
  /** Mean time to the first byte; the time of a request is drawn within a quarter around it. */
  readonly latencyMs: number;
  readonly faults: FaultShares;
  /** Most consecutive faults of one request; null: no limit. Usual: 2. */
  readonly faultsInARow: number | null;
  /** Gets one JSON line a request, in the kernel's hands before the reply ends; null: no log. */
  readonly logPath: string | null;
}

/** A running teacher. `url`: its origin; `openaiBaseUrl`: the origin and `/v1`. */
export interface ScriptedTeacher extends AsyncDisposable {
  readonly url: string;
  readonly openaiBaseUrl: string;
}

interface Service extends AnswerSettings {
  readonly latencyMs: number;
  readonly log: RequestLog;
  readonly closing: AbortController;
  inFlight: number;
}

/**
 * Serves the model `scripted` on 127.0.0.1, in both dialects, without a key. The same request gets the same bytes, whatever came
 * before it, but for transport faults, which count arrivals. Throws when the port is taken or the log cannot be opened.
 */
export async function startScriptedTeacher(options: ScriptedTeacherOptions): Promise<ScriptedTeacher> {
  const log = openRequestLog(options.logPath);
  const closing = new AbortController();
  const service: Service = { seed: options.seed, plan: createFaultPlan(options), latencyMs: options.latencyMs, log, closing, inFlight: 0 };
  // An idle connection is never closed from this side: a client that sends on it at that moment would see a reset nobody asked for.
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
    serve(service, request, response).catch(() => response.destroy());
  });
  try {
    await listen(server, options.port);
  } catch (error) {
    log.close();
    throw error;
  }
  const url = `http://127.0.0.1:${portOf(server)}`;
  return { url, openaiBaseUrl: `${url}/v1`, [Symbol.asyncDispose]: () => close(server, service) };
}

function listen(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, "127.0.0.1", () => {
    server.off("error", reject);
    resolve();
  });
  return promise;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the teacher listens on no port");
  return address.port;
}

async function close(server: Server, { log, closing }: Service): Promise<void> {
  closing.abort();
  const { promise, resolve } = Promise.withResolvers<void>();
  // A second close reports that the server is not running, which is what is wanted.
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
  log.close();
}

const dialects: Readonly<Record<string, Dialect>> = { "/v1/chat/completions": openaiChat, "/v1/messages": anthropicMessages };

async function serve(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? "").split("?")[0] ?? "";
  const dialect = request.method === "POST" ? dialects[path] : undefined;
  if (dialect === undefined) {
    request.resume();
    serveOther(request.method === "GET" && path === "/v1/models", response);
    return;
  }
  const inFlight = ++service.inFlight;
  response.once("close", () => service.inFlight--);
  const answer = answerRequest(service, dialect, await bodyOf(request));
  const waitMs = service.latencyMs * (0.75 + 0.5 * drawUnit(service.seed, "latency", answer.line.hash));
  if (waitMs > 0 && !(await pause(waitMs, service.closing.signal))) return;
  service.log.append({ time: new Date().toISOString(), ...answer.line, inFlight });
  deliver(response, answer.delivery);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function serveOther(isModels: boolean, response: ServerResponse): void {
  response.writeHead(isModels ? 200 : 404, { "content-type": "application/json" });
  response.end(
    isModels ? modelList : JSON.stringify({ error: { message: "The scripted teacher does not serve this path.", type: "not_found" } }),
  );
}

/** One list that both dialects can read. */
const modelList = JSON.stringify({
  object: "list",
  data: [
    {
      id: "scripted",
      object: "model",
      type: "model",
      display_name: "Scripted teacher of Apprentice",
      created: 0,
      created_at: "1970-01-01T00:00:00Z",
      owned_by: "apprentice",
    },
  ],
  has_more: false,
  first_id: "scripted",
  last_id: "scripted",
});
