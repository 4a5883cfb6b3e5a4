import { miniToolset } from "./mini/mini-toolset.ts";
import { seraToolset } from "./sera/sera-toolset.ts";
import { err, type Result } from "../base/result.ts";
import { fillTemplate } from "./fill-template.ts";
import type { Action, FormatProblem, Toolset, ToolsetTexts } from "./toolset.ts";

const makers: Readonly<Record<string, (texts: Partial<ToolsetTexts>) => Toolset>> = {
  sera: seraToolset,
  mini: miniToolset,
};

/** The names that `toolsetByName` knows. */
export const toolsetNames: readonly string[] = Object.keys(makers);

/** A toolset with some of its texts replaced; null: there is none of that name. */
export function toolsetByName(name: string, texts: Partial<ToolsetTexts> = {}): Toolset | null {
  const toolset = Object.hasOwn(makers, name) ? (makers[name]?.(texts) ?? null) : null;
  return toolset === null ? null : { ...toolset, parse: (reply) => reworded(toolset.parse(reply), toolset.texts.requery) };
}

/** A format problem in the user's words, where the texts have some for it. */
function reworded(parsed: Result<Action, FormatProblem>, requery: ToolsetTexts["requery"]): Result<Action, FormatProblem> {
  const words = parsed.ok ? undefined : requery[parsed.error.code];
  if (parsed.ok || words === undefined) return parsed;
  return err({ ...parsed.error, message: fillTemplate(words, { problem: parsed.error.message }) });
}
