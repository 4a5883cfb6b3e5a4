import type { OpenAiMessage } from "./openai-turn.ts";

/**
 * A history without what SWE-agent adds when it stops a rollout: an assistant's message that says so and that no model wrote, and the
 * message behind it (reference.md §c.7).
 */
export function withoutHarnessEnd<Given extends Pick<OpenAiMessage, "role" | "content" | "tool_calls">>(
  history: readonly Given[],
): { readonly kept: readonly Given[]; readonly leftOut: number } {
  const at = history.findLastIndex(({ role }) => role === "assistant");
  const last = history[at];
  const says = typeof last?.content === "string" && /^Exit due to [^\n]{0,80}$/.test(last.content);
  const kept = says && (last.tool_calls ?? []).length === 0 ? history.slice(0, at) : history;
  return { kept, leftOut: history.length - kept.length };
}
