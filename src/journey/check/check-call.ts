import type { ToolSchema } from "../../records/message.ts";
import type { Tell } from "./problem-log.ts";

/** A call as it was read: `given` is an object, or JSON text of one. */
export interface CheckedCall {
  readonly name: string;
  readonly given: unknown;
  readonly place: string;
}

/** Whether a call is one of the row's tools, with arguments that the tool takes. Rows without tools are looked at elsewhere. */
export function checkCall({ name, given, place }: CheckedCall, tools: readonly ToolSchema[] | null, tell: Tell): void {
  const values = valuesOf(given);
  if (values === null) return tell("tool-call-not-json", `${place}: the arguments of ${quoted(name)} are no JSON object`);
  if (tools === null || tools.length === 0) return;
  const tool = tools.find((known) => known.name === name);
  if (tool === undefined) return tell("unknown-tool", `${place}: ${quoted(name)} is none of the row's tools`);
  const { properties, required } = tool.parameters;
  const known = typeof properties === "object" && properties !== null ? Object.keys(properties) : null;
  const odd = known === null ? undefined : Object.keys(values).find((key) => !known.includes(key));
  if (odd !== undefined) tell("unknown-argument", `${place}: ${quoted(name)} takes no ${quoted(odd)}`);
  const missing = Array.isArray(required) ? required.find((key) => typeof key === "string" && !Object.hasOwn(values, key)) : undefined;
  if (missing !== undefined) tell("missing-argument", `${place}: ${quoted(name)} lacks ${quoted(String(missing))}`);
}

function valuesOf(given: unknown): object | null {
  if (given === undefined || given === null) return {};
  if (typeof given === "string") {
    if (given.trim() === "") return {};
    try {
      const value: unknown = JSON.parse(given);
      return typeof value === "string" ? null : valuesOf(value);
    } catch {
      return null;
    }
  }
  return typeof given === "object" && !Array.isArray(given) ? given : null;
}

/** A name of the file's, short enough to be told. */
function quoted(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
