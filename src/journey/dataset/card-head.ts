import { stringify } from "yaml";
import { plainText } from "../../base/plain-text.ts";
import { provenanceName, type DatasetFormat } from "./dataset-format.ts";
import type { DatasetManifest } from "./dataset-manifest.ts";
import { columnsOf, provenanceColumns, type Column, type Fields } from "./row-columns.ts";

/** Licence ids of the Hugging Face hub by SPDX id; any other licence is "other" there. */
const hubLicences: Readonly<Record<string, string>> = {
  "Apache-2.0": "apache-2.0",
  MIT: "mit",
  "BSD-2-Clause": "bsd-2-clause",
  "BSD-3-Clause": "bsd-3-clause",
  ISC: "isc",
  "MPL-2.0": "mpl-2.0",
  "GPL-2.0-only": "gpl-2.0",
  "GPL-2.0-or-later": "gpl-2.0",
  "GPL-3.0-only": "gpl-3.0",
  "GPL-3.0-or-later": "gpl-3.0",
  "LGPL-2.1-only": "lgpl-2.1",
  "LGPL-2.1-or-later": "lgpl-2.1",
  "LGPL-3.0-only": "lgpl-3.0",
  "LGPL-3.0-or-later": "lgpl-3.0",
  "AGPL-3.0-only": "agpl-3.0",
  "AGPL-3.0-or-later": "agpl-3.0",
  "EPL-2.0": "epl-2.0",
  Unlicense: "unlicense",
  "CC0-1.0": "cc0-1.0",
  Zlib: "zlib",
};

/** The head of a card as the Hugging Face hub and `datasets` read it: YAML, each format as a configuration with its own table. */
export function cardHead(manifest: DatasetManifest): string {
  const { samples } = manifest;
  // A table without rows cannot be loaded.
  const files = manifest.files.filter(({ rows }) => rows > 0);
  const head = {
    ...licenceOf(manifest.repositories.map(({ licence }) => licence)),
    task_categories: ["text-generation"],
    tags: ["code", "agent", "tool-use", "apprentice"],
    size_categories: [sizeCategory(samples)],
    configs: [
      ...files.map(({ name, format }, index) => ({
        config_name: configName(format),
        data_files: name,
        ...(index === 0 && { default: true }),
      })),
      { config_name: "provenance", data_files: provenanceName },
    ],
    dataset_info: [
      ...files.map(({ format }) => ({ config_name: configName(format), features: features(columnsOf[format]) })),
      { config_name: "provenance", features: features(provenanceColumns) },
    ],
  };
  return stringify(head, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The name under which `datasets` loads a format. */
export function configName(format: DatasetFormat): string {
  return format === "canonical" ? "samples" : format;
}

/** A mixture is "other", and "unknown" as soon as one is not known: nobody must read more freedom out of the card than there is. */
function licenceOf(licences: readonly (string | null)[]): { license: string; license_name?: string } {
  const distinct = [...new Set(licences)];
  if (distinct.length === 0 || distinct.includes(null)) return { license: "unknown" };
  const [only = ""] = distinct;
  if (distinct.length > 1) return { license: "other", license_name: "mixed" };
  const known = Object.hasOwn(hubLicences, only ?? "") ? hubLicences[only ?? ""] : undefined;
  // One line, so that no line of a foreign name can end the head.
  return known === undefined ? { license: "other", license_name: oneLine(only ?? "") } : { license: known };
}

/** Foreign text in a line. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/g, " ").slice(0, 200);
}

function sizeCategory(samples: number): string {
  if (samples < 1_000) return "n<1K";
  if (samples < 10_000) return "1K<n<10K";
  return samples < 100_000 ? "10K<n<100K" : "100K<n<1M";
}

const dtypes = { text: "string", boolean: "bool", int32: "int32", double: "float64", json: "json" } as const;

type Feature = { readonly [name: string]: string | Feature | readonly Feature[] };

/** Columns in the spelling of `Features._to_yaml_list` of `datasets`. */
function features(fields: Fields): Feature[] {
  return Object.entries(fields).map(([name, column]) => ({ name, ...feature(column) }));
}

function feature(column: Column): Feature {
  if (column.kind === "struct") return { struct: features(column.fields) };
  if (column.kind !== "list") return { dtype: dtypes[column.kind] };
  const inner = column.of;
  if (inner.kind === "struct") return { list: features(inner.fields) };
  return { list: inner.kind === "list" ? feature(inner) : dtypes[inner.kind] };
}
