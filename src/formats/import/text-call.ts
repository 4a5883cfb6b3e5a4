import type { Turn } from "./assemble-turns.ts";

type AssistantTurn = Extract<Turn, { role: "assistant" }>;

/** A fenced block that is a command by its language or stands alone; its text is group 1. */
const blocks = /```(?:bash|sh|shell|mswea_bash_command|)[ \t]*\n([^]*?)\n?```/g;

/**
 * A turn whose one call was written as a fenced block, as a call of `bash`; what stands around the block is commentary, without the label that
 * some harnesses ask for. Null: it has not exactly one block, and ran nothing.
 */
export function textCall(text: string): AssistantTurn | null {
  const found = [...text.matchAll(blocks)];
  const [only] = found;
  if (only === undefined || found.length > 1) return null;
  const around = `${text.slice(0, only.index)}\n${text.slice(only.index + only[0].length)}`;
  const content = around.replace(/^\s*(?:THOUGHT|DISCUSSION):?[ \t]*\n?/, "").trim();
  return { role: "assistant", content, reasoning: null, calls: [bashCall(only[1] ?? "")] };
}

export function bashCall(command: string): AssistantTurn["calls"][number] {
  return { id: null, name: "bash", arguments: JSON.stringify({ command }) };
}
