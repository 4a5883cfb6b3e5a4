import { readFile } from "node:fs/promises";
import { isCollection, isMap, isScalar, LineCounter, parseDocument, type Document, type YAMLError } from "yaml";
import type { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import { describeIssue } from "./describe-issue.ts";

/** A mistake in what the user wrote: one sentence that says what to do. Values are never repeated, because one may be a key. */
export interface ConfigProblem {
  readonly message: string;
}

/** Values as the user wrote them, unchecked, and a way to say where a path stands. */
export interface ConfigText {
  readonly values: Readonly<Record<string, unknown>>;
  /** "file:line:column" of a path, or of its nearest parent that is there. */
  locate(path: readonly PropertyKey[]): string;
}

export async function readConfigFile(path: string): Promise<Result<ConfigText, ConfigProblem>> {
  try {
    return parseConfig(await readFile(path, "utf8"), path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const reason = error.code === "ENOENT" ? "is not there" : "cannot be read";
    return err({ message: `The config file ${path} ${reason}: check --config.` });
  }
}

/** Reads YAML text; `path` is how places in it are named. */
export function parseConfig(text: string, path: string): Result<ConfigText, ConfigProblem> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fault = document.errors[0];
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    return err({ message: `${path}:${line}:${col}: this is not valid YAML: ${withoutSource(fault)}` });
  }
  const values = plainValues(document);
  if (values === null)
    return err({ message: `${path}:1:1: an alias (*) stands for nothing here, or aliases grow without end: write the value itself.` });
  if (!isRecord(values)) return err({ message: `${path}:1:1: the config must be a list of "key: value" lines.` });
  return ok({ values, locate: (at) => `${path}:${positionOf(document, lines, at)}` });
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
  const parsed = schema.safeParse(text.values);
  if (parsed.success) return ok(parsed.data);
  const { issues } = parsed.error;
  // A mistyped name is often why another one is missing.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  if (issue === undefined) throw new Error("a schema refused without an issue");
  const { path, sentence } = describeIssue(schema, issue, text.values);
  return err({ message: `${text.locate(path)}: ${sentence}` });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
