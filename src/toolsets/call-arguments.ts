import { jsonPieces } from "../base/json-text.ts";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { ToolCall } from "../records/message.ts";
import type { FormatProblem } from "./toolset.ts";
import type { Parameter } from "./tool-schemas.ts";

export type ArgumentValue = string | number | readonly number[];
export type CallArguments = Readonly<Record<string, ArgumentValue>>;

/**
 * The arguments of a call, checked against the tool's parameters. Numbers written as strings and a list written as JSON text
 * are taken for what they mean; null is the same as left out. Which parameters a command of the editor needs is not checked here.
 */
export function callArguments(call: ToolCall, parameters: readonly Parameter[]): Result<CallArguments, FormatProblem> {
  const parsed = parseObject(call);
  if (!parsed.ok) return parsed;
  const given = new Map(Object.entries(parsed.value).filter(([, value]) => value !== null));
  const unknown = [...given.keys()].filter((name) => !parameters.some((parameter) => parameter.name === name));
  if (unknown.length > 0) return bad(call, `has arguments that the tool does not take: ${unknown.join(", ")}. ${taken(parameters)}`);
  const values: Record<string, ArgumentValue> = {};
  for (const parameter of parameters) {
    const { name, required } = parameter;
    if (!given.has(name) && required) return bad(call, `lacks the required argument ${name}. ${taken(parameters)}`);
    if (!given.has(name)) continue;
    const value = convert(given.get(name), parameter.type);
    if (value === null) return bad(call, `gives ${name} a value that is not ${typeWords[parameter.type]}.`);
    values[name] = value;
  }
  return ok(values);
}

const typeWords = { string: "a string", integer: "an integer", integers: "a list of integers" } as const;

function parseObject(call: ToolCall): Result<object, FormatProblem> {
  const text = call.arguments.trim() === "" ? "{}" : call.arguments;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return ok(value);
    return bad(call, "has arguments that are not a JSON object.");
  } catch (error) {
    if (endsEarly(text)) {
      const message = `Your reply ended in the middle of the arguments of ${call.name}, so nothing was run. Answer again with one complete tool call; where a text is long, write it in several smaller calls.`;
      return err({ code: "cut-reply", message });
    }
    return bad(call, `has arguments that are not valid JSON (${error instanceof Error ? error.message : String(error)}).`);
  }
}

/** Does this text stop inside an object or array that it opened, or in a string therein? */
function endsEarly(text: string): boolean {
  const between = jsonPieces(text).map((piece) => (piece.kind === "between" ? piece.text : ""));
  const brackets = between.join("").match(/[[\]{}]/g) ?? [];
  return brackets.reduce((depth, bracket) => depth + (bracket === "[" || bracket === "{" ? 1 : -1), 0) > 0;
}

function convert(value: unknown, type: Parameter["type"]): ArgumentValue | null {
  if (type === "string") return typeof value === "string" ? value.toWellFormed() : null;
  if (type === "integer") return integer(value);
  const list: unknown = typeof value === "string" ? parseOrNull(value) : value;
  if (!Array.isArray(list)) return null;
  const numbers = list.map(integer).filter((item) => item !== null);
  return numbers.length === list.length ? numbers : null;
}

function integer(value: unknown): number | null {
  if (typeof value === "string" && /^\s*[+-]?\d+\s*$/.test(value)) return Number(value);
  return typeof value === "number" && Number.isInteger(value) ? value : null;
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function taken(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return "It takes none.";
  const names = parameters.map(({ name, required }) => (required ? name : `${name} (optional)`));
  return `It takes ${names.join(", ")}.`;
}

function bad(call: ToolCall, what: string): Result<never, FormatProblem> {
  return err({ code: "bad-arguments", message: `Nothing was run: your call of ${call.name} ${what} Answer again with a corrected call.` });
}
