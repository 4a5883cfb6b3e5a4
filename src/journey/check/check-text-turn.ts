import type { ToolSchema } from "../../records/message.ts";
import { checkCall } from "./check-call.ts";
import type { Tell } from "./problem-log.ts";

/** An assistant's text of a row whose calls are text. */
export interface TextTurn {
  readonly text: string;
  readonly place: string;
  readonly tools: readonly ToolSchema[] | null;
}

/** The think block of a turn: one at most, closed, before anything else. */
export function checkThink({ text, place }: TextTurn, tell: Tell): void {
  const opens = count(text, "<think>");
  const closes = count(text, "</think>");
  if (opens !== closes) tell("unclosed-think-tag", `${place}: ${opens} × <think>, ${closes} × </think>`);
  else if (opens > 1) tell("nested-think-tag", `${place}: ${opens} think blocks in one turn`);
  else if (opens === 1 && text.indexOf("</think>") < text.indexOf("<think>"))
    tell("unclosed-think-tag", `${place}: </think> before <think>`);
  else if (opens === 1 && text.trimStart().indexOf("<think>") > 0) tell("text-before-think", `${place}: text stands before <think>`);
}

const [opens, closes] = ["<tool_call>", "</tool_call>"];

/** Calls of a hermes turn: closed, one after the other at its end, each a JSON object. Gives their number. */
export function checkHermesCalls({ text, place, tools }: TextTurn, tell: Tell): number {
  const [said, ...parts] = text.split(opens);
  if (said?.includes(closes) === true) tell("unclosed-tool-call", `${place}: ${closes} before ${opens}`);
  for (const [index, part] of parts.entries()) {
    const [body, ...behind] = part.split(closes);
    if (behind.length === 0)
      tell(index < parts.length - 1 ? "nested-tool-call" : "unclosed-tool-call", `${place}: call ${index + 1} is not closed`);
    else if (behind.length > 1) tell("nested-tool-call", `${place}: call ${index + 1} is closed ${behind.length} times`);
    else checkBody({ body: body ?? "", behind: behind[0] ?? "", index }, { text, place, tools }, tell);
  }
  return parts.length;
}

interface CallPart {
  readonly body: string;
  readonly behind: string;
  readonly index: number;
}

function checkBody({ body, behind, index }: CallPart, { place, tools }: TextTurn, tell: Tell): void {
  if (behind.trim() !== "") tell("text-after-tool-call", `${place}: text stands behind call ${index + 1}`);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return tell("tool-call-not-json", `${place}: call ${index + 1} is no JSON`);
  }
  const isCall = typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";
  if (!isCall) return tell("tool-call-not-json", `${place}: call ${index + 1} is not {"name": …, "arguments": {…}}`);
  const { name, arguments: given } = value as { readonly name: string; readonly arguments?: unknown };
  checkCall({ name, given, place }, tools, tell);
}

/** Calls of an xml turn: `<function=…>` blocks with a parameter each, at its end. Gives their number. */
export function checkXmlCalls({ text, place, tools }: TextTurn, tell: Tell): number {
  const blocks = [...text.matchAll(/<function=([\w.-]+)>([^]*?)<\/function>/g)];
  const begun = [...text.matchAll(/<function=/g)].length;
  if (begun !== blocks.length || count(text, "</function>") !== begun)
    tell("unclosed-tool-call", `${place}: ${begun} × <function=, ${count(text, "</function>")} × </function>`);
  for (const [, name = "", body = ""] of blocks) {
    const parameters = [...body.matchAll(/<parameter=([\w.-]+)>([^]*?)<\/parameter>/g)];
    if (parameters.length !== count(body, "<parameter=")) tell("unclosed-tool-call", `${place}: a parameter of ${name} is not closed`);
    checkCall({ name, given: Object.fromEntries(parameters.map(([, key = "", value = ""]) => [key, value])), place }, tools, tell);
  }
  return begun;
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
