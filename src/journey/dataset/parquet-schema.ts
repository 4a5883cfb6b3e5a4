import type { SchemaElement } from "hyparquet-writer";
import type { Column, Fields } from "./row-columns.ts";

/** The elements of a Parquet schema in its own order (a group before its members); lists in the three levels that Arrow writes. */
export function parquetSchema(fields: Fields): SchemaElement[] {
  return [{ name: "root", num_children: Object.keys(fields).length }, ...members(fields)];
}

function members(fields: Fields): SchemaElement[] {
  return Object.entries(fields).flatMap(([name, column]) => elements(name, column));
}

function elements(name: string, column: Column): SchemaElement[] {
  const repetition_type = "OPTIONAL" as const;
  switch (column.kind) {
    case "text":
      return [{ name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type }];
    case "json":
      return [{ name, type: "BYTE_ARRAY", converted_type: "JSON", repetition_type }];
    case "boolean":
      return [{ name, type: "BOOLEAN", repetition_type }];
    case "int32":
      return [{ name, type: "INT32", repetition_type }];
    case "double":
      return [{ name, type: "DOUBLE", repetition_type }];
    case "struct":
      return [{ name, repetition_type, num_children: Object.keys(column.fields).length }, ...members(column.fields)];
    case "list":
      return [
        { name, repetition_type, converted_type: "LIST", num_children: 1 },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        ...elements("element", column.of),
      ];
  }
}
