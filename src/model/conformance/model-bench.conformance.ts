import type { ModelReply } from "../../records/message.ts";
import { startAnsweringServer, type AnsweringServer } from "../answering-server.conformance.ts";
import type { DialectCase } from "../conformance.ts";
import type { CallFailure, EndpointOptions, Model, TurnOutcome, TurnRequest } from "../model.ts";

export const key = "sk-conformance-0123456789";
export const sse = { "content-type": "text/event-stream; charset=utf-8" };
export const never = new AbortController().signal;

export const reply: ModelReply = {
  message: {
    role: "assistant",
    content: "Ich sehe — 見る 🦉 nach.",
    reasoning: "Zuerst überlegen 🤔.",
    toolCalls: [
      { id: "one", name: "bash", arguments: '{"command": "ls \\"é\\""}' },
      { id: "two", name: "bash", arguments: '{"command": "pwd"}' },
    ],
  },
  finish: "tool-calls",
  usage: { input: 120, cached: 64, output: 31 },
};

export const request: TurnRequest = {
  messages: [
    { role: "system", content: "You work." },
    { role: "user", content: "Work." },
  ],
  tools: [{ name: "bash", description: "Runs.", parameters: { type: "object", properties: { command: { type: "string" } } } }],
  temperature: 0.6,
  maxOutputTokens: null,
};

/** A server for one test, clients of it, and short ways to use both. */
export class ModelBench {
  readonly dialect: DialectCase;
  /** Of a stream that says `reply`; `beforeFinish` of them come before the finish reason. */
  readonly events: readonly string[];
  readonly beforeFinish: number;
  #server: AnsweringServer | null = null;
  readonly #open: AsyncDisposable[] = [];

  constructor(dialect: DialectCase) {
    this.dialect = dialect;
    ({ events: this.events, beforeFinish: this.beforeFinish } = dialect.stream(reply));
  }

  get server(): AnsweringServer {
    if (this.#server === null) throw new Error("no test is under way");
    return this.#server;
  }

  async start(): Promise<void> {
    this.#server = this.keep(await startAnsweringServer());
  }

  async stop(): Promise<void> {
    for (const one of this.#open.splice(0).reverse()) await one[Symbol.asyncDispose]();
    this.#server = null;
  }

  /** To be closed at the test's end. */
  keep<Kept extends AsyncDisposable>(one: Kept): Kept {
    this.#open.push(one);
    return one;
  }

  model(options: Partial<EndpointOptions> = {}): Model {
    const usual = { baseUrl: this.server.origin, model: "served", apiKey: { reveal: () => key }, firstByteMs: 20_000, stallMs: 20_000 };
    return this.keep(this.dialect.create({ ...usual, ...options }));
  }

  answerEvents(events: readonly string[]): void {
    this.server.answerWith((response) => void response.writeHead(200, sse).end(events.join("")));
  }

  answerStatus(status: number, body: string, headers: Record<string, string> = {}): void {
    this.server.answerWith((response) => void response.writeHead(status, { "content-type": "application/json", ...headers }).end(body));
  }

  async fail(options: Partial<EndpointOptions> = {}): Promise<CallFailure> {
    return failed(await this.model(options).prepare(request).send(never));
  }
}

export function failed(outcome: TurnOutcome): CallFailure {
  if (outcome.ok) throw new Error(`a reply where a failure was expected: ${JSON.stringify(outcome.value)}`);
  return outcome.error;
}
