import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configJsonSchema } from "./config-json-schema.ts";
import { isRecord } from "./schema-nodes.ts";

const shipped = join(import.meta.dirname, "..", "..", "apprentice.schema.json");

/** Paths of keys that an editor has no word for. */
function undescribed(node: unknown, path = ""): string[] {
  if (!isRecord(node)) return [];
  const properties = isRecord(node["properties"]) ? Object.entries(node["properties"]) : [];
  const branches = ["anyOf", "oneOf", "allOf"].flatMap((key) => (Array.isArray(node[key]) ? node[key] : []));
  return [
    ...properties.flatMap(([name, value]) => {
      const place = path === "" ? name : `${path}.${name}`;
      return [...(isRecord(value) && typeof value["description"] === "string" ? [] : [place]), ...undescribed(value, place)];
    }),
    ...[...branches, node["items"]].flatMap((inner) => undescribed(inner, path)),
  ];
}

test("the schema that ships is the one that checks", () => {
  const text = readFileSync(shipped, "utf8");
  expect(JSON.parse(text), "apprentice.schema.json is old: node bin/apprentice.js config --schema > apprentice.schema.json").toEqual(
    JSON.parse(JSON.stringify(configJsonSchema())),
  );
});

test("every key has a description for the editor", () => {
  expect(undescribed(configJsonSchema())).toEqual([]);
  // The walk does look into lists, unions and nested maps.
  const planted = { items: { anyOf: [{ properties: { a: { description: "a", properties: { b: {} } }, c: {} } }] } };
  expect(undescribed(planted)).toEqual(["a.b", "c"]);
});

test("nothing with a default is required, and a mistyped key is refused by editors too", () => {
  const schema = configJsonSchema();
  expect(schema).toMatchObject({ required: ["repositories", "teachers"], additionalProperties: false });
});
