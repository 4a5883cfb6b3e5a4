import { z } from "zod";
import { err, ok, type Result } from "../../base/result.ts";
import type { ForeignCall, Turn } from "./assemble-turns.ts";
import type { ImportRefusal } from "./conversation.ts";
import { textContent } from "./text-content.ts";

const Called = z.object({ name: z.string(), arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish() });
const Call = z.union([z.object({ id: z.string().nullish(), function: Called }), Called.extend({ id: z.string().nullish() })]);

const Thinking = z.object({ thinking: z.string().nullish() });

/** The keys that programs around OpenAI's shape keep a message under. */
export const OpenAiMessage = z.object({
  role: z.string(),
  content: z.unknown().optional(),
  tool_calls: z.array(Call).nullish(),
  tool_call_id: z.string().nullish(),
  tool_call_ids: z.array(z.string()).nullish(),
  reasoning_content: z.string().nullish(),
  thinking_blocks: z.array(Thinking).nullish(),
  provider_specific_fields: z.object({ reasoning_content: z.string().nullish() }).nullish(),
});
export type OpenAiMessage = z.infer<typeof OpenAiMessage>;

/** A message with structured calls. An unknown role is refused by name. */
export function openAiTurn(message: OpenAiMessage, place: string): Result<Turn, ImportRefusal> {
  const content = textContent(message.content, place);
  if (!content.ok) return content;
  switch (message.role) {
    case "system":
    case "user":
      return ok({ role: message.role, content: content.value });
    case "tool":
      return ok({ role: "tool", content: content.value, callId: message.tool_call_id ?? message.tool_call_ids?.[0] ?? null });
    case "assistant": {
      const calls = callsOf(message.tool_calls);
      const reasoning = reasoningOf(message);
      const parted = reasoning === null ? thinkBlock(content.value) : null;
      return ok({ role: "assistant", content: parted?.content ?? content.value, reasoning: parted?.reasoning ?? reasoning, calls });
    }
    default:
      return err({ reason: "unknown-role", detail: place });
  }
}

/** Calls in OpenAI's shape, or with name and arguments beside the id; arguments as JSON text. */
export function callsOf(calls: OpenAiMessage["tool_calls"]): ForeignCall[] {
  return (calls ?? []).map((call) => {
    const { name, arguments: given } = "function" in call ? call.function : call;
    return { id: call.id ?? null, name, arguments: typeof given === "string" ? given : JSON.stringify(given ?? {}) };
  });
}

/** A server without a parser of reasoning leaves its block at the head of the content. Null: there is none, or tags stand elsewhere too. */
function thinkBlock(text: string): { readonly reasoning: string; readonly content: string } | null {
  const found = /^\s*<think>([^]*?)<\/think>\s*/.exec(text);
  if (found === null) return null;
  const [reasoning, content] = [(found[1] ?? "").trim(), text.slice(found[0].length)];
  return /<\/?think>/.test(reasoning + content) ? null : { reasoning, content };
}

/** What a server parted from the content; signatures are for that server alone and left. */
function reasoningOf({ reasoning_content, thinking_blocks, provider_specific_fields }: OpenAiMessage): string | null {
  const blocks = (thinking_blocks ?? []).flatMap(({ thinking }) => thinking ?? []);
  if (blocks.length > 0) return blocks.join("\n");
  const said = reasoning_content ?? provider_specific_fields?.reasoning_content ?? null;
  return said === "" ? null : said;
}
