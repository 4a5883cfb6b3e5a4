import type { DatasetFormat } from "./dataset-format.ts";

/**
 * What stands in a column of a table. `json`: any JSON value, which Parquet holds as JSON text (logical type JSON) and `datasets` gives
 * back as the value, because Arrow has no type for free-form objects.
 */
export type Column =
  | { readonly kind: "text" | "boolean" | "int32" | "double" | "json" }
  | { readonly kind: "list"; readonly of: Column }
  | { readonly kind: "struct"; readonly fields: Fields };

/** Columns by name; each may be absent in a row. */
export type Fields = Readonly<Record<string, Column>>;

const text: Column = { kind: "text" };
const boolean: Column = { kind: "boolean" };
const int32: Column = { kind: "int32" };
const double: Column = { kind: "double" };
const json: Column = { kind: "json" };
const list = (of: Column): Column => ({ kind: "list", of });
const struct = (fields: Fields): Column => ({ kind: "struct", fields });

const provenance: Fields = {
  origin: text,
  rollout: text,
  repository: text,
  commit: text,
  path: text,
  qualifiedName: text,
  language: text,
  licence: text,
  hint: text,
  teacher: text,
  sampling: json,
  termsAllowTraining: boolean,
  attempt: int32,
  tool: text,
};

/** What a sample says of itself, beside its id, tools and messages. */
const about: Fields = {
  version: int32,
  lineage: text,
  kind: text,
  provenance: struct(provenance),
  exit: text,
  patchSize: struct({ files: int32, added: int32, removed: int32 }),
  scores: struct({ recall: double, precision: double, f1: double, sizeRatio: double }),
  toolset: text,
  flags: list(text),
  failedSteps: list(int32),
};

const schema: Fields = { name: text, description: text, parameters: json };
const toolJson = list(struct({ type: text, function: struct(schema) }));
const said: Fields = { role: text, content: text, train: boolean };
const calls = list(struct({ id: text, type: text, function: struct({ name: text, arguments: text }) }));

const openAi = list(struct({ role: text, content: text, reasoning_content: text, tool_calls: calls, tool_call_id: text }));

/** The table of each format: the same rows whether a file is JSONL or Parquet. */
export const columnsOf: Readonly<Record<DatasetFormat, Fields>> = {
  canonical: {
    id: text,
    ...about,
    tools: list(struct(schema)),
    messages: list(
      struct({
        role: text,
        content: text,
        reasoning: text,
        toolCalls: list(struct({ id: text, name: text, arguments: text })),
        toolCallId: text,
        signedReasoning: list(json),
      }),
    ),
  },
  hermes: { messages: list(struct(said)), instance_id: text, tool_json: toolJson },
  xml: { messages: list(struct(said)), instance_id: text, tool_json: toolJson },
  raw: { messages: openAi, instance_id: text, meta: struct(about), tool_json: toolJson },
  messages: { messages: openAi, tools: toolJson, instance_id: text, meta: struct(about) },
  sharegpt: { conversations: list(struct({ from: text, value: text })), system: text, tools: text, instance_id: text, omitted: int32 },
  rendered: { input_ids: list(int32), labels: list(int32), attention_mask: list(int32) },
};

/** The table of `provenance.jsonl`. */
export const provenanceColumns: Fields = {
  instance_id: text,
  lineage: text,
  kind: text,
  ...provenance,
  exit: text,
  patchSize: about["patchSize"] ?? json,
  scores: about["scores"] ?? json,
  toolset: text,
  flags: list(text),
  tokens: int32,
  ratios: struct({ steps: double, messages: double }),
  redactions: int32,
  rows: json,
};

/** The place of a value that the table has no column for; null: there is none. */
export function outsideColumns(value: unknown, column: Column, place = ""): string | null {
  if (value === null || value === undefined || column.kind === "json") return null;
  if (column.kind === "list") {
    if (!Array.isArray(value)) return place;
    for (const item of value) {
      const found = outsideColumns(item, column.of, `${place}[]`);
      if (found !== null) return found;
    }
    return null;
  }
  if (column.kind === "struct") return outsideStruct(value, column.fields, place);
  return isScalar(value, column.kind) ? null : place;
}

function outsideStruct(value: unknown, fields: Fields, place: string): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return place;
  for (const [name, member] of Object.entries(value)) {
    const inside = place === "" ? name : `${place}.${name}`;
    const column = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (column === undefined && member !== undefined) return inside;
    const found = column === undefined ? null : outsideColumns(member, column, inside);
    if (found !== null) return found;
  }
  return null;
}

function isScalar(value: unknown, kind: "text" | "boolean" | "int32" | "double"): boolean {
  if (kind === "text") return typeof value === "string";
  if (kind === "boolean") return typeof value === "boolean";
  if (typeof value !== "number") return false;
  return kind === "double" || (Number.isInteger(value) && Math.abs(value) < 2 ** 31);
}
