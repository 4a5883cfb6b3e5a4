import type { z } from "zod";
import { nearestName } from "../base/nearest-name.ts";
import { allowedText } from "./allowed-text.ts";
import type { ConfigText } from "./config-text.ts";
import { isRecord, schemaNodesAt, valueAt, type SchemaNode } from "./schema-nodes.ts";

/** What a schema says against a value. Its `message` is "" unless the schema itself has a sentence (see `checkConfig`). */
type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** The place of a mistake, the name of that place ("" where what is said has it), and a sentence that says what to write there. */
export interface IssueSentence {
  readonly path: Path;
  readonly name: string;
  readonly said: string;
}

/** Says in our own words what is wrong, from what the schema allows at that place: the same sentence for every kind of issue. */
export function describeIssue(schema: z.ZodType, issue: Issue, text: ConfigText): IssueSentence {
  const { values } = text;
  const found = deepest(issue);
  const { path } = found;
  if (found.code === "unrecognized_keys") return describeUnknown(schema, found, values);
  const name = pathText(path);
  if (found.message !== "") return { path, name, said: ended(found.message) };
  const nodes = schemaNodesAt(schema, path, values);
  if (found.code === "invalid_key") return describeKey(nodes, path);
  const value = valueAt(values, path);
  // No flag can say null.
  const choices = text.flagOf(path) === null ? nodes : nodes.filter(({ type }) => type !== "null");
  const allowed = allowedText(choices, value);
  const todo = allowed === "" ? "" : `: write ${allowed}`;
  if (value === undefined) return { path, name: "", said: `${name} is missing${todo}.` };
  return { path, name, said: `${givenText(value, nodes)} is not allowed${todo}.` };
}

/** Does the issue only say that something is not there? */
export function isMissing(issue: Issue, values: unknown): boolean {
  const { code, path } = deepest(issue);
  return code !== "unrecognized_keys" && valueAt(values, path) === undefined;
}

/** "teachers[0].model" */
function pathText(path: Path): string {
  return path.map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`)).join("");
}

function ended(sentence: string): string {
  return /[.?!]$/.test(sentence) ? sentence : `${sentence}.`;
}

function describeUnknown(schema: z.ZodType, issue: z.core.$ZodIssueUnrecognizedKeys, values: unknown): IssueSentence {
  const key = issue.keys[0] ?? "";
  const path = [...issue.path, key];
  const nodes = schemaNodesAt(schema, issue.path, values);
  const known = [...new Set(nodes.flatMap(({ properties }) => (isRecord(properties) ? Object.keys(properties) : [])))];
  const near = nearestName(key, known);
  const hint = near === null ? `known here: ${known.join(", ")}.` : `did you mean "${near}"?`;
  return { path, name: "", said: `unknown key "${pathText(path)}": ${hint}` };
}

/** Of a map whose keys are free but not any: its last path part is the key. */
function describeKey(nodes: readonly SchemaNode[], path: Path): IssueSentence {
  const key = path.at(-1);
  const rules = nodes.flatMap(({ propertyNames }) => (isRecord(propertyNames) ? [propertyNames] : []));
  const allowed = allowedText(rules, key);
  return { path, name: "", said: `the key "${pathText(path)}" is not allowed${allowed === "" ? "" : `: write ${allowed}`}.` };
}

/** In a union the one branch that looked further into the value says more than "no branch fits". */
function deepest(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const ofKind = new Set(["invalid_type", "invalid_value"]);
  const further = issue.errors.flat().filter(({ code, path }) => path.length > 0 || !ofKind.has(code));
  const inner = further.toSorted((a, b) => b.path.length - a.path.length)[0];
  return inner === undefined ? issue : deepest({ ...inner, path: [...issue.path, ...inner.path] });
}

/** No key to a service is so short. */
const longestShown = 20;

/** The value as it was written; a longer text, or one where any text may stand, is not repeated, because it may be a key. */
function givenText(value: unknown, nodes: readonly SchemaNode[]): string {
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value !== "string") return isRecord(value) ? "a map of keys" : "such a value";
  if (value === "") return "an empty text";
  const isFree = nodes.some((node) => node["type"] === "string" && !("enum" in node) && !("const" in node));
  return isFree || value.length > longestShown ? "this text" : JSON.stringify(value);
}
