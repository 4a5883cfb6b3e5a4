import { z } from "zod";
import { ToolSchema } from "../../records/message.ts";

const Tool = z.union([z.object({ function: ToolSchema }).transform((tool) => tool.function), ToolSchema]);

/** A system message parted into what was said and the tools under it; null: no list of tools stands in it. */
export interface HermesPrompt {
  readonly system: string;
  readonly tools: readonly ToolSchema[] | null;
}

/** Parts a hermes system message at its list of tools. What follows the list says how a call is written, which every format writes anew. */
export function hermesPrompt(content: string): HermesPrompt {
  const found = /^([^]*?)\s*# Tools\b[^]*?<tools>\n([^]*?)\n<\/tools>/.exec(content);
  const tools = found === null ? null : toolLines(found[2] ?? "");
  if (found === null || tools === null) return { system: content, tools: null };
  return { system: found[1] ?? "", tools };
}

/**
 * One tool a line. The authors' own prompt has line breaks inside the JSON of a description (reference.md §g.5), so lines are taken
 * together until they are JSON.
 */
function toolLines(block: string): ToolSchema[] | null {
  const tools: ToolSchema[] = [];
  let begun: string | null = null;
  for (const line of block.split("\n")) {
    const text: string = begun === null ? line : `${begun}\\n${line}`;
    const read = toolOf(text);
    if (read === null) begun = text;
    else {
      tools.push(read);
      begun = null;
    }
  }
  return begun === null || begun.trim() === "" ? tools : null;
}

function toolOf(text: string): ToolSchema | null {
  try {
    return Tool.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Tools as a row holds them beside its messages: a list, or its JSON; null: none that can be read. */
export function toolsOf(value: unknown): readonly ToolSchema[] | null {
  if (typeof value === "string") {
    try {
      return toolsOf(JSON.parse(value));
    } catch {
      return null;
    }
  }
  if (!Array.isArray(value) || value.length === 0) return null;
  const tools = value.map((tool) => Tool.safeParse(tool).data ?? null);
  return tools.every((tool) => tool !== null) ? tools : null;
}
