import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { FaultName } from "./fault.ts";
import { startScriptedTeacher, type ScriptedTeacherOptions } from "./scripted-teacher.ts";

/** A teacher without faults. */
export const calm: ScriptedTeacherOptions = { port: 0, seed: 7, latencyMs: 0, faults: {}, faultsInARow: 2, logPath: null };
/** The task of every request that names no other. */
export const hint = "Something is wrong when I call `Store.add` in `shop/store.py` with odd values.";
const parameters = { type: "object", properties: {}, required: [] };
const chatTools = ["bash", "str_replace_editor", "submit"].map((name) => ({ type: "function", function: { name, parameters } }));
const messagesTools = ["bash", "str_replace_editor", "submit"].map((name) => ({ name, input_schema: parameters }));

/** Where each dialect is asked, and the body of a request in it. */
export const dialects = {
  chat: {
    path: "/v1/chat/completions",
    body: (stream: boolean, more: object = {}): string =>
      JSON.stringify({ model: "scripted", stream, messages: [{ role: "user", content: hint }], tools: chatTools, ...more }),
  },
  messages: {
    path: "/v1/messages",
    body: (stream: boolean, more: object = {}): string =>
      JSON.stringify({
        model: "scripted",
        max_tokens: 9999,
        stream,
        messages: [{ role: "user", content: hint }],
        tools: messagesTools,
        ...more,
      }),
  },
} as const;

export type DialectName = keyof typeof dialects;
export const dialectNames = ["chat", "messages"] as const;

const LogLine = z.strictObject({
  time: z.iso.datetime(),
  hash: z.string(),
  outcome: z.string(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  inFlight: z.number().int().positive(),
});

/** The lines of a teacher's log. */
export function logged(path: string): z.infer<typeof LogLine>[] {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => LogLine.parse(JSON.parse(line)));
}

export function post(url: string, body: string, signal: AbortSignal | null = null): Promise<Response> {
  return fetch(url, { method: "POST", body, signal, headers: { "content-type": "application/json" } });
}

/** The events of a stream but the last of chat; throws where one is no JSON. */
export function eventsOf(text: string): { [member: string]: unknown }[] {
  const data = text.split("\n").filter((line) => line.startsWith("data: ") && line !== "data: [DONE]");
  return data.map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line.slice(6))));
}

/** A teacher that gives the first requests this fault, in the variant of its seed; `url`: of the dialect. Its log goes with it. */
export async function underFault(
  fault: FaultName,
  dialect: DialectName,
  seed = 7,
): Promise<{ url: string; logPath: string } & AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), "scripted-teacher-"));
  const logPath = join(folder, "log.jsonl");
  const teacher = await startScriptedTeacher({ ...calm, seed, faults: { [fault]: 1 }, logPath });
  return {
    url: teacher.url + dialects[dialect].path,
    logPath,
    async [Symbol.asyncDispose]() {
      await teacher[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A whole reply of the chat dialect. */
export const Chat = z.object({
  model: z.literal("scripted"),
  choices: z.tuple([
    z.object({
      finish_reason: z.string(),
      message: z.object({
        content: z.string(),
        reasoning_content: z.string(),
        tool_calls: z.array(z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) })).default([]),
      }),
    }),
  ]),
  usage: z.object({
    prompt_tokens: z.number(),
    completion_tokens: z.number(),
    prompt_tokens_details: z.object({ cached_tokens: z.number() }),
  }),
});

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
