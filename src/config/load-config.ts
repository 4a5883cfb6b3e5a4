import { readFile } from "node:fs/promises";
import { isCollection, isMap, isScalar, LineCounter, parseDocument, type Document, type YAMLError } from "yaml";
import type { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import type { ConfigText } from "./config-text.ts";
import { describeIssue, isMissing } from "./describe-issue.ts";

/** A mistake in what the user wrote: one sentence that says what to do. A text that may be a key is never repeated. */
export interface ConfigProblem {
  readonly message: string;
}

/** `setting`: what named the file, for the sentence that it is not there. */
export async function readConfigFile(path: string, setting = "--config"): Promise<Result<ConfigText, ConfigProblem>> {
  try {
    return parseConfig(await readFile(path, "utf8"), path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const reason = error.code === "ENOENT" ? "is not there" : "cannot be read";
    return err({ message: `The file ${path} ${reason}: check ${setting}.` });
  }
}

/** Reads YAML text; `path` is how places in it are named. */
export function parseConfig(text: string, path: string): Result<ConfigText, ConfigProblem> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fault = document.errors[0];
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    return err({ message: `${path}:${line}:${col}: this is not valid YAML: ${withoutSource(fault)}.` });
  }
  const values = plainValues(document);
  if (values === null)
    return err({ message: `${path}:1:1: an alias (*) stands for nothing here, or aliases grow without end: write the value itself.` });
  if (!isRecord(values)) return err({ message: `${path}:1:1: the file must be a list of "key: value" lines.` });
  return ok({ values, locate: (at) => `${path}:${positionOf(document, lines, at)}`, flagOf: () => null });
}

/** Some of the parser's messages end in what stands there, which may be a key. */
function withoutSource({ message }: YAMLError): string {
  return (message.split("\n")[0] ?? "").replace(/: ".*$/, "").replace(/(?<=header includes extra characters).*$/, "");
}

/** Null: an alias cannot be resolved, or they multiply beyond what the parser takes. */
function plainValues(document: Document): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    if (error instanceof ReferenceError) return null;
    throw error;
  }
}

function positionOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): string {
  for (let length = path.length; length > 0; length--) {
    const node = keyNode(document, path.slice(0, length));
    const range: unknown = typeof node === "object" && node !== null && "range" in node ? node.range : null;
    if (Array.isArray(range) && typeof range[0] === "number") {
      const { line, col } = lines.linePos(range[0]);
      return `${line}:${col}`;
    }
  }
  return "1:1";
}

/** The key at a path, because its value may begin lines below; in a list the item. */
function keyNode(document: Document, path: readonly PropertyKey[]): unknown {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const part = path.at(-1);
  if (!isMap(parent)) return isCollection(parent) ? parent.get(part, true) : undefined;
  return parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))?.key;
}

/** Checks values against a schema; the problem that says most becomes one sentence with its place. */
export function checkConfig<Schema extends z.ZodType>(schema: Schema, text: ConfigText): Result<z.output<Schema>, ConfigProblem> {
  // An issue without a message is one that the schema has no own sentence for.
  const parsed = schema.safeParse(text.values, { error: () => "" });
  if (parsed.success) return ok(parsed.data);
  const { issues } = parsed.error;
  // A mistyped name is often why another one is missing, and what is written is mended before more is asked for.
  const issue =
    issues.find(({ code }) => code === "unrecognized_keys") ?? issues.find((issue) => !isMissing(issue, text.values)) ?? issues[0];
  if (issue === undefined) throw new Error("a schema refused without an issue");
  const { path, name, said } = describeIssue(schema, issue, text);
  // A flag is the name of its value.
  const flag = text.flagOf(path);
  if (flag !== null) return err({ message: `${flag}: ${said}` });
  return err({ message: `${text.locate(path)}: ${name === "" ? "" : `${name}: `}${said}` });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
