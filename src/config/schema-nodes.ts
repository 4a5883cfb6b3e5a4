import type { z } from "zod";

/** A node of a JSON Schema, read without trusting its form. */
export type SchemaNode = Readonly<Record<string, unknown>>;

type Path = readonly PropertyKey[];

/** What a schema says of the place at a path, one node a branch of its unions, without branches that the values rule out. */
export function schemaNodesAt(schema: z.ZodType, path: Path, values: unknown): SchemaNode[] {
  const root = schema.toJSONSchema({ io: "input", unrepresentable: "any" });
  let nodes = branches(root, valueAt(values, []), path[0]);
  for (const [index, part] of path.entries()) {
    const value = valueAt(values, path.slice(0, index + 1));
    nodes = nodes.flatMap((node) => child(node, part)).flatMap((node) => branches(node, value, path[index + 1]));
  }
  return nodes;
}

/** What stands at a path of plain values; undefined: nothing. */
export function valueAt(values: unknown, path: Path): unknown {
  let value = values;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function child(node: SchemaNode, part: PropertyKey): unknown[] {
  if (typeof part === "number") return [node["items"]];
  const { properties, additionalProperties } = node;
  return [isRecord(properties) && Object.hasOwn(properties, part) ? properties[String(part)] : additionalProperties];
}

/** A node and the branches of its unions, without those that a fixed member (`kind`) of the value rules out, unless it is asked for. */
function branches(node: unknown, value: unknown, asked: PropertyKey | undefined): SchemaNode[] {
  if (!isRecord(node) || !fits(node, value, asked)) return [];
  const inner = ["anyOf", "oneOf", "allOf"].flatMap((key) => (Array.isArray(node[key]) ? node[key] : []));
  return [node, ...inner.flatMap((branch) => branches(branch, value, asked))];
}

function fits({ properties }: SchemaNode, value: unknown, asked: PropertyKey | undefined): boolean {
  if (!isRecord(properties) || !isRecord(value)) return true;
  return Object.entries(properties).every(
    ([name, member]) => name === asked || !isRecord(member) || !("const" in member) || !(name in value) || value[name] === member["const"],
  );
}
