import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { sha256Hex } from "../base/hash.ts";

/** What a test lets the model say to one request. Numbers of tokens; null: the server does not count. */
export interface ScriptedReply {
  readonly content?: string;
  readonly reasoning?: string;
  readonly calls?: readonly { readonly name: string; readonly arguments: string }[];
  readonly finish?: string;
  readonly usage?: { readonly input: number; readonly output: number } | null;
}

/** A request as the model's server saw it. */
export interface SeenRequest {
  readonly text: string;
  readonly messages: readonly { readonly role: string; readonly content: string | null }[];
}

/** Gives the reply to the n-th request (from 0), or answers in its own way and gives null. */
export type Answer = (
  request: SeenRequest,
  index: number,
  response: ServerResponse,
) => ScriptedReply | null | Promise<ScriptedReply | null>;

export interface ReplyServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly requests: readonly SeenRequest[];
  answerWith(answer: Answer): void;
  /** Forgets the requests seen so far. */
  forget(): void;
}

const Body = z.object({ messages: z.array(z.object({ role: z.string(), content: z.string().nullable() })) });

/** A model of chat completions on loopback whose replies a test decides. */
export async function startReplyServer(first: Answer): Promise<ReplyServer> {
  let answer = first;
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const text = Buffer.concat(await Array.fromAsync(request)).toString();
      const seen = { text, messages: Body.parse(JSON.parse(text)).messages };
      const index = requests.push(seen) - 1;
      const reply = await answer(seen, index, response);
      if (reply !== null) response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(completion(reply)));
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    answerWith: (next) => void (answer = next),
    forget: () => void (requests.length = 0),
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function completion(reply: ScriptedReply): object {
  const { content = "", reasoning, calls = [], usage = { input: 100, output: 10 } } = reply;
  const toolCalls = calls.map((call, place) => ({
    id: `call_${place}_${sha256Hex(call.arguments).slice(0, 8)}`,
    type: "function",
    function: call,
  }));
  const message = {
    role: "assistant",
    content,
    ...(reasoning !== undefined && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: toolCalls }),
  };
  const counted = usage === null ? {} : { usage: { prompt_tokens: usage.input, completion_tokens: usage.output } };
  const finish = reply.finish ?? (calls.length > 0 ? "tool_calls" : "stop");
  return {
    id: "x",
    object: "chat.completion",
    created: 0,
    model: "m",
    choices: [{ index: 0, message, finish_reason: finish }],
    ...counted,
  };
}

/** Replies in order, one to each new request; a request that comes again gets what it got. */
export function inOrder(replies: readonly ScriptedReply[]): Answer {
  const given = new Map<string, ScriptedReply>();
  return ({ text }, _, response) => {
    const reply = given.get(text) ?? replies[given.size];
    if (reply === undefined) return refuse(response, { status: 400, message: "the script has no more replies" });
    given.set(text, reply);
    return reply;
  };
}

/** A reply that runs a command. */
export function bash(command: string, more: ScriptedReply = {}): ScriptedReply {
  return { content: `I run ${command}.`, calls: [{ name: "bash", arguments: JSON.stringify({ command }) }], ...more };
}

/** A reply that uses the editor. */
export function editor(command: Readonly<Record<string, unknown>>): ScriptedReply {
  return { content: "I edit.", calls: [{ name: "str_replace_editor", arguments: JSON.stringify(command) }] };
}

export const submit: ScriptedReply = { content: "Done.", calls: [{ name: "submit", arguments: "{}" }] };

interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers a request as a server does that refuses it. */
export function refuse(response: ServerResponse, { status, message, headers = {} }: Refusal): null {
  const body = JSON.stringify({ error: { message, type: "error", code: null } });
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  return null;
}
