import { z } from "zod";
import { ToolSchema } from "../../records/message.ts";
import { checkCall } from "./check-call.ts";
import { checkThink } from "./check-text-turn.ts";
import type { Tell } from "./problem-log.ts";

const Row = z.object({
  conversations: z.array(z.object({ from: z.string(), value: z.string() })),
  system: z.string().nullish(),
  tools: z.string().nullish(),
});

const [users, models] = [new Set(["human", "observation"]), new Set(["gpt", "function_call"])];

/** A ShareGPT row as LLaMA-Factory reads it: the user's and the model's turns alternate, and the model has the last word. */
export function checkShareGpt(row: object, tell: Tell): void {
  const parsed = Row.safeParse(row);
  if (!parsed.success) return tell("odd-row", `${parsed.error.issues[0]?.path.join(".") ?? ""}: is not as the format has it`);
  const { conversations, system, tools: written } = parsed.data;
  if (conversations.length === 0) return tell("no-messages", "the row has no turn");
  if ((system ?? "").trim() === "") tell("missing-system", "the row has no system message");
  const tools = toolsOf(written ?? "");
  if (tools === null) tell("tools-not-json", "tools is no JSON list of tools");
  if (!conversations.some(({ from }) => models.has(from))) tell("no-trained-message", "no turn of the row is the model's");
  for (const [position, { from, value }] of conversations.entries()) {
    const place = `turn ${position}`;
    const isUsers = users.has(from);
    if (!isUsers && !models.has(from)) tell("unknown-role", `${place} is from ${JSON.stringify(from.slice(0, 40))}`);
    else if (isUsers !== (position % 2 === 0)) tell("role-order", `${place} is from ${from}`);
    if (from === "observation" && conversations[position - 1]?.from !== "function_call") tell("result-without-call", place);
    if (from === "human" && conversations[position - 1]?.from === "function_call") tell("call-without-result", `${place} is no result`);
    if (!isUsers && value.trim() === "") tell("empty-content", `${place}: the model says nothing`);
    if (!isUsers) checkThink({ text: value, place, tools }, tell);
    if (from === "function_call") checkCalls(value, { tools, place }, tell);
  }
  if (users.has(conversations.at(-1)?.from ?? "")) tell("role-order", "the last turn is not the model's");
}

function toolsOf(written: string): readonly ToolSchema[] | null {
  if (written.trim() === "") return [];
  try {
    return ToolSchema.array().safeParse(JSON.parse(written)).data ?? null;
  } catch {
    return null;
  }
}

interface Place {
  readonly tools: readonly ToolSchema[] | null;
  readonly place: string;
}

function checkCalls(value: string, { tools, place }: Place, tell: Tell): void {
  let calls: unknown;
  try {
    calls = JSON.parse(value.replace(/^\s*<think>[^]*?<\/think>/, ""));
  } catch {
    return tell("tool-call-not-json", `${place} is no JSON`);
  }
  if (tools !== null && tools.length === 0) tell("no-tools", `${place}: calls are made and the row has no tools`);
  for (const call of Array.isArray(calls) ? (calls as readonly unknown[]) : [calls]) {
    const isCall = typeof call === "object" && call !== null && "name" in call && typeof call.name === "string";
    if (!isCall) tell("tool-call-not-json", `${place} is not {"name": …, "arguments": {…}}`);
    else {
      const { name, arguments: given } = call as { readonly name: string; readonly arguments?: unknown };
      checkCall({ name, given, place }, tools, tell);
    }
  }
}
