import type { z } from "zod";
import { nearestName } from "../base/nearest-name.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** What a schema says against a value, and the path where it says so. The value itself is never repeated. */
export interface IssueSentence {
  readonly path: Path;
  readonly sentence: string;
}

export function describeIssue(schema: z.ZodType, issue: Issue, values: unknown): IssueSentence {
  const found = deepest(issue);
  if (found.code === "unrecognized_keys") return describeUnknown(schema, found, values);
  const name = pathText(found.path);
  if (found.code === "invalid_union") return { path: found.path, sentence: `${name}: ${unionText(found)}.` };
  const isMissing = found.code === "invalid_type" && found.message.startsWith("Invalid input") && valueAt(values, found.path) === undefined;
  const said = isMissing ? `is missing: ${expectation(found)}.` : expectation(found).replace(/([^.])$/, "$1.");
  return { path: found.path, sentence: isMissing ? `${name} ${said}` : `${name}: ${said}` };
}

/** "teachers[0].model" */
function pathText(path: Path): string {
  return path.map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`)).join("");
}

function describeUnknown(schema: z.ZodType, issue: z.core.$ZodIssueUnrecognizedKeys, values: unknown): IssueSentence {
  const key = issue.keys[0] ?? "";
  const path = [...issue.path, key];
  const known = knownKeys(schema, issue.path, values);
  const near = nearestName(key, known);
  const hint = near === null ? `known here: ${known.join(", ")}.` : `did you mean "${near}"?`;
  return { path, sentence: `unknown key "${pathText(path)}": ${hint}` };
}

/** In a union the one branch that looked further into the value says more than "no branch fits". */
function deepest(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const ofKind = new Set(["invalid_type", "invalid_value"]);
  const further = issue.errors.flat().filter(({ code, path }) => path.length > 0 || !ofKind.has(code));
  const inner = further.toSorted((a, b) => b.path.length - a.path.length)[0];
  return inner === undefined ? issue : deepest({ ...inner, path: [...issue.path, ...inner.path] });
}

function unionText(issue: z.core.$ZodIssueInvalidUnion): string {
  const options = "options" in issue && Array.isArray(issue.options) ? issue.options.map((option) => JSON.stringify(option)) : [];
  if (options.length > 0) return `expected ${options.join(" or ")}`;
  const expected = issue.errors.flat().map((inner) => expectation(inner).replace(/^expected /, ""));
  return `expected ${[...new Set(expected)].join(" or ")}`;
}

/** Zod's message without its preface and without what was received. */
function expectation({ message }: Issue): string {
  return message
    .replace(/^(Invalid input|Invalid option): /, "")
    .replace(/, received [^,]*$/, "")
    .replace("expected int", "expected a whole number")
    .replace("expected number", "expected a number")
    .replace("expected array", "expected a list")
    .replace("expected object", "expected a map of keys")
    .replace("expected record", "expected a map of keys")
    .replace("expected string", "expected a text")
    .replace("expected boolean", "expected true or false");
}

/** Names that may stand at a path, found through the schema's JSON Schema. */
function knownKeys(schema: z.ZodType, path: Path, values: unknown): string[] {
  let nodes: unknown[] = [schema.toJSONSchema({ io: "input", unrepresentable: "any" })];
  for (const [index, part] of path.entries()) {
    const value = valueAt(values, path.slice(0, index));
    nodes = nodes.flatMap((node) => branches(node, value)).flatMap((branch) => child(branch, part));
  }
  const last = valueAt(values, path);
  return nodes.flatMap((node) => branches(node, last)).flatMap(({ properties }) => (isRecord(properties) ? Object.keys(properties) : []));
}

function child(branch: Record<string, unknown>, part: PropertyKey): unknown[] {
  if (typeof part === "number") return [branch["items"]];
  const { properties, additionalProperties } = branch;
  return [isRecord(properties) && Object.hasOwn(properties, part) ? properties[String(part)] : additionalProperties];
}

/** A node and the branches of its unions, without those that a fixed member (`kind`) of the value rules out. */
function branches(node: unknown, value: unknown): Record<string, unknown>[] {
  if (!isRecord(node) || !fits(node, value)) return [];
  const inner = ["anyOf", "oneOf", "allOf"].flatMap((key) => (Array.isArray(node[key]) ? node[key] : []));
  return [node, ...inner.flatMap((branch) => branches(branch, value))];
}

function fits({ properties }: Record<string, unknown>, value: unknown): boolean {
  if (!isRecord(properties) || !isRecord(value)) return true;
  return Object.entries(properties).every(
    ([name, member]) => !isRecord(member) || !("const" in member) || !(name in value) || value[name] === member["const"],
  );
}

function valueAt(values: unknown, path: Path): unknown {
  let value = values;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
