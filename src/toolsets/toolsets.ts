import { seraToolset } from "./sera/sera-toolset.ts";
import type { Toolset, ToolsetTexts } from "./toolset.ts";

const makers: Readonly<Record<string, (texts: Partial<ToolsetTexts>) => Toolset>> = { sera: seraToolset };

/** The names that `toolsetByName` knows. */
export const toolsetNames: readonly string[] = Object.keys(makers);

/** A toolset with some of its texts replaced; null: there is none of that name. */
export function toolsetByName(name: string, texts: Partial<ToolsetTexts> = {}): Toolset | null {
  return Object.hasOwn(makers, name) ? (makers[name]?.(texts) ?? null) : null;
}
