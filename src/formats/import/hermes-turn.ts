import { err, ok, type Result } from "../../base/result.ts";
import type { ForeignCall, Turn } from "./assemble-turns.ts";
import type { ImportRefusal } from "./conversation.ts";

type AssistantTurn = Extract<Turn, { role: "assistant" }>;

const [callOpens, callCloses] = ["<tool_call>", "</tool_call>"];

/**
 * An assistant's text of a hermes row, whoever wrote it: a think block at its head, commentary, calls at its end. Refuses text whose tags
 * can be read in more ways than one.
 */
export function hermesTurn(text: string, place: string): Result<AssistantTurn, ImportRefusal> {
  if (!text.includes(callOpens) && /<function=[\w.-]+>/.test(text)) return err({ reason: "xml-tool-calls", detail: place });
  const head = thinkHead(text);
  const parted = callsAtEnd(text.slice(head.length), place);
  if (!parted.ok) return parted;
  const { said, calls } = parted.value;
  const reasoning =
    head.length === 0
      ? null
      : head
          .replace(/^\s*<think>/, "")
          .replace(/<\/think>\s*$/, "")
          .trim();
  if (/<\/?think>/.test(said) || (reasoning !== null && /<\/?think>/.test(reasoning)))
    return err({ reason: "ambiguous-think-tags", detail: place });
  return ok({ role: "assistant", content: said, reasoning, calls });
}

/** The block and the white space around it. */
function thinkHead(text: string): string {
  return /^\s*<think>[^]*?<\/think>\s*/.exec(text)?.[0] ?? "";
}

interface Parted {
  readonly said: string;
  readonly calls: readonly ForeignCall[];
}

/** The first tag from which everything to the end is calls; one that prose mentions does not begin any. */
function callsAtEnd(text: string, place: string): Result<Parted, ImportRefusal> {
  let problem: ImportRefusal | null = null;
  for (let at = text.indexOf(callOpens); at !== -1; at = text.indexOf(callOpens, at + 1)) {
    const calls = readCalls(text.slice(at), place);
    if (calls.ok) return ok({ said: text.slice(0, at).trim(), calls: calls.value });
    problem ??= calls.error;
  }
  if (problem !== null) return err(problem);
  return text.includes(callCloses) ? err({ reason: "unclosed-tool-call", detail: place }) : ok({ said: text.trim(), calls: [] });
}

function readCalls(text: string, place: string): Result<ForeignCall[], ImportRefusal> {
  const calls: ForeignCall[] = [];
  let rest = text.trim();
  while (rest !== "") {
    if (!rest.startsWith(callOpens)) return err({ reason: "text-after-tool-call", detail: place });
    const read = firstCall(rest, place);
    if (!read.ok) return read;
    calls.push(read.value.call);
    rest = read.value.rest.trimStart();
  }
  return ok(calls);
}

/** A closing tag inside an argument closes nothing: the first one behind which the JSON is whole does. */
function firstCall(text: string, place: string): Result<{ readonly call: ForeignCall; readonly rest: string }, ImportRefusal> {
  let isClosed = false;
  for (let end = text.indexOf(callCloses); end !== -1; end = text.indexOf(callCloses, end + 1)) {
    isClosed = true;
    const call = callOf(text.slice(callOpens.length, end).trim());
    if (call !== null) return ok({ call, rest: text.slice(end + callCloses.length) });
  }
  return err({ reason: isClosed ? "bad-tool-call" : "unclosed-tool-call", detail: place });
}

/** `arguments` keeps the spelling of the file where it stands last. */
function callOf(body: string): ForeignCall | null {
  const value = parsed(body);
  if (typeof value !== "object" || value === null || !("name" in value) || typeof value.name !== "string") return null;
  const given = "arguments" in value ? value.arguments : {};
  if (typeof given === "string") return { id: null, name: value.name, arguments: given };
  if (typeof given !== "object" || given === null || Array.isArray(given)) return null;
  const written = /^\{\s*"name"\s*:\s*"(?:[^"\\]|\\.)*"\s*,\s*"arguments"\s*:\s*(\{[^]*\})\s*\}$/.exec(body)?.[1];
  return {
    id: null,
    name: value.name,
    arguments: written !== undefined && parsed(written) !== undefined ? written : JSON.stringify(given),
  };
}

/** Undefined: it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
