import type { Message, ToolSchema } from "../../records/message.ts";
import { toolsetByName, toolsetNames } from "../../toolsets/toolsets.ts";

/** The toolset whose tools those of a conversation are; `tools`: its own, where the file does not tell them. */
export interface KnownToolset {
  readonly toolset: string | null;
  readonly tools: readonly ToolSchema[];
  readonly note: "tools-of-our-toolset" | "tools-not-known" | null;
}

/** By the tools that the file tells, else by the names that are called; of several toolsets that fit the smallest. */
export function knownToolset(told: readonly ToolSchema[] | null, messages: readonly Message[]): KnownToolset {
  const names = new Set(
    told?.map(({ name }) => name) ??
      messages.flatMap((message) => (message.role === "assistant" ? message.toolCalls.map((call) => call.name) : [])),
  );
  const fitting = toolsetNames
    .map((name) => toolsetByName(name))
    .filter((toolset) => toolset !== null)
    .filter((toolset) => [...names].every((name) => toolset.tools.some((tool) => tool.name === name)))
    .toSorted((a, b) => a.tools.length - b.tools.length);
  const [found] = names.size === 0 ? [] : fitting;
  if (told !== null)
    return { toolset: found !== undefined && found.tools.length === told.length ? found.name : null, tools: told, note: null };
  if (found === undefined) return { toolset: null, tools: [], note: "tools-not-known" };
  return { toolset: found.name, tools: found.tools, note: "tools-of-our-toolset" };
}
