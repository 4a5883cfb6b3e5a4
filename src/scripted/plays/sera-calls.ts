import type { Move } from "./move.ts";

/** Where every sandbox and prompt has the repository. */
export const workspace = "/testbed";

type Call = Pick<Move, "tool" | "input">;

export function editor(input: Readonly<Record<string, unknown>>): Call {
  return { tool: "str_replace_editor", input };
}

export function submitMove(words: Pick<Move, "reasoning" | "text">): Move {
  return { ...words, tool: "submit", input: {} };
}
