import type { Message, ToolSchema } from "../../records/message.ts";
import { toolsetByName, toolsetNames } from "../../toolsets/toolsets.ts";

/** The toolset whose tools those of a conversation are; `tools`: its own, where the file does not tell them. */
export interface KnownToolset {
  readonly toolset: string | null;
  readonly tools: readonly ToolSchema[];
  readonly note: "tools-of-our-toolset" | "tools-not-known" | null;
}

/** By the tools that the file tells, else by the names that are called; of several toolsets that fit the `usual` one of such files. */
export function knownToolset(told: readonly ToolSchema[] | null, messages: readonly Message[], usual: "sera" | "mini"): KnownToolset {
  const names = new Set(
    told?.map(({ name }) => name) ??
      messages.flatMap((message) => (message.role === "assistant" ? message.toolCalls.map((call) => call.name) : [])),
  );
  const fitting = toolsetNames
    .map((name) => toolsetByName(name))
    .filter((toolset) => toolset !== null)
    .filter((toolset) => [...names].every((name) => toolset.tools.some((tool) => tool.name === name)))
    .toSorted((a, b) => Number(b.name === usual) - Number(a.name === usual));
  const isTold = (tools: readonly ToolSchema[]): boolean => told === null || tools.length === told.length;
  const found = names.size === 0 ? undefined : fitting.find(({ tools }) => isTold(tools));
  if (told !== null) return { toolset: found?.name ?? null, tools: told, note: null };
  if (found === undefined) return { toolset: null, tools: [], note: "tools-not-known" };
  return { toolset: found.name, tools: found.tools, note: "tools-of-our-toolset" };
}
