import { readFile } from "node:fs/promises";
import { LineCounter, parseDocument, type Document } from "yaml";
import { err, ok, type Result } from "../base/result.ts";
import type { z } from "zod";
import { nearestName } from "./nearest-name.ts";

/** A mistake in what the user wrote: one sentence that says what to do. */
export interface ConfigProblem {
  readonly message: string;
}

/** Values as the user wrote them, unchecked, and a way to say where in the file a path stands. */
export interface ConfigText {
  readonly values: Readonly<Record<string, unknown>>;
  /** "file:line:column" of a path, or of its nearest parent that is there. */
  locate(path: readonly PropertyKey[]): string;
}

export async function readConfigFile(path: string): Promise<Result<ConfigText, ConfigProblem>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error && error.code === "ENOENT" ? "is not there" : "cannot be read";
    return err({ message: `The config file ${path} ${reason}: check --config.` });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fault = document.errors[0];
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    return err({ message: `${path}:${line}:${col}: this is not valid YAML: ${fault.message.split("\n")[0]}` });
  }
  const values: unknown = document.toJS() ?? {};
  if (!isRecord(values)) return err({ message: `${path}:1:1: the config must be a list of "key: value" lines.` });
  return ok({ values, locate: (at) => `${path}:${positionOf(document, lines, at)}` });
}

function positionOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): string {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    const range: unknown = typeof node === "object" && node !== null && "range" in node ? node.range : null;
    if (Array.isArray(range) && typeof range[0] === "number") {
      const { line, col } = lines.linePos(range[0]);
      return `${line}:${col}`;
    }
  }
  return "1:1";
}

/** Checks values against a schema; the first problem becomes one sentence with its place and, for an unknown key, the nearest one. */
export function checkConfig<Schema extends z.ZodType>(schema: Schema, text: ConfigText): Result<z.output<Schema>, ConfigProblem> {
  const parsed = schema.safeParse(text.values);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  if (issue === undefined) return err({ message: "The config is not valid." });
  return err({ message: describeIssue(schema, deepest(issue), text) });
}

/** In a union the deepest problem of the best branch says more than "no branch fits". */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  const inner = issue.errors.flat().toSorted((a, b) => b.path.length - a.path.length)[0];
  return inner === undefined ? issue : deepest({ ...inner, path: [...issue.path, ...inner.path] });
}

function describeIssue(schema: z.ZodType, issue: z.core.$ZodIssue, text: ConfigText): string {
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const near = nearestName(key, knownKeys(schema, issue.path));
    const hint = near === null ? "" : `: did you mean "${near}"?`;
    return `${text.locate([...issue.path, key])}: unknown key "${[...issue.path, key].join(".")}"${hint}`;
  }
  return `${text.locate(issue.path)}: ${issue.path.join(".")}: ${issue.message}`;
}

/** Names that may stand at a path of the schema, found through its JSON Schema. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let nodes: unknown[] = [schema.toJSONSchema({ io: "input", unrepresentable: "any" })];
  for (const part of path) nodes = nodes.flatMap((node) => children(node, part));
  return nodes.flatMap(branches).flatMap((node) => (isRecord(node["properties"]) ? Object.keys(node["properties"]) : []));
}

function children(node: unknown, part: PropertyKey): unknown[] {
  return branches(node).flatMap((branch) => {
    if (typeof part === "number") return [branch["items"]];
    return isRecord(branch["properties"]) ? [branch["properties"][String(part)]] : [];
  });
}

function branches(node: unknown): Record<string, unknown>[] {
  if (!isRecord(node)) return [];
  const inner = ["anyOf", "oneOf", "allOf"].flatMap((key) => (Array.isArray(node[key]) ? node[key].flatMap(branches) : []));
  return [node, ...inner];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
