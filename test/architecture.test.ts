import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { violations } from "./architecture-rules.ts";

const src = join(import.meta.dirname, "..", "src");

function isSource(path: string): boolean {
  return !path.endsWith(".test.ts") && !path.endsWith("conformance.ts") && !path.includes("/test-fixtures/");
}

describe("architecture", () => {
  it("holds in src", () => {
    const paths = globSync("**/*.ts", { cwd: src }).filter(isSource);
    expect(paths.length).toBeGreaterThan(20);
    expect(violations(new Map(paths.map((path) => [path, readFileSync(join(src, path), "utf8")])))).toEqual([]);
  });

  const planted: [string, Record<string, string>, RegExp][] = [
    ["a room imports one above it", { "base/a.ts": `import { b } from "../records/b.ts";` }, /base may not import records/],
    ["also when only a type is imported", { "patch/a.ts": `import type { B } from "../model/b.ts";` }, /patch may not import model/],
    ["also by re-export", { "records/a.ts": `export { b } from "../journey/b.ts";` }, /records may not import journey/],
    ["also by a type of import()", { "base/a.ts": `export type A = import("../rollout/b.ts").B;` }, /base may not import rollout/],
    ["also by a dynamic import", { "model/a.ts": `export const a = () => import("../ledger/b.ts");` }, /model may not import ledger/],
    [
      "also by the URL of a file",
      { "model/a.ts": `export const a = new Worker(new URL("../ledger/b.ts", import.meta.url));` },
      /model may not import ledger/,
    ],
    [
      "also by a URL whose end is made",
      { "model/a.ts": "export const a = new URL(`../ledger/b${ending}`, import.meta.url);" },
      /model may not import ledger/,
    ],
    [
      "also by import.meta.resolve",
      { "model/a.ts": `export const a = import.meta.resolve("../ledger/b.ts");` },
      /model may not import ledger/,
    ],
    [
      "also by require",
      { "model/a.ts": `import { createRequire } from "node:module"; export const a = createRequire(import.meta.url)("../ledger/b.ts");` },
      /model may not import ledger/,
    ],
    [
      "also by require under other names",
      {
        "model/a.ts": `import { createRequire as make } from "node:module"; const load = make(import.meta.url); export const a = load("../ledger/b.ts");`,
      },
      /model may not import ledger/,
    ],
    [
      "also by the place that require finds",
      { "model/a.ts": `import { createRequire } from "node:module"; createRequire(import.meta.url).resolve("../ledger/b.ts");` },
      /model may not import ledger/,
    ],
    [
      "a heavy package is required",
      { "base/a.ts": `import { createRequire } from "node:module"; createRequire(import.meta.url)("web-tree-sitter");` },
      /web-tree-sitter is heavy/,
    ],
    ["what is imported is a variable", { "base/a.ts": "export const a = (name: string) => import(name);" }, /base\/a.ts: what it imports/],
    ["what is imported is made", { "base/a.ts": "export const a = (name: string) => import(`./${name}.ts`);" }, /a.ts: what it imports/],
    [
      "what is required is a variable",
      { "base/a.ts": `import { createRequire } from "node:module"; export const a = createRequire(import.meta.url)(name);` },
      /a.ts: what it imports/,
    ],
    [
      "the journey imports the scripted teacher",
      { "journey/a.ts": `import { b } from "../scripted/b.ts";` },
      /journey may not import scripted/,
    ],
    [
      "a stage imports a stage",
      { "journey/self-check/a.ts": `import { b } from "../pull-request/b.ts";` },
      /stage self-check imports the stage pull-request/,
    ],
    [
      "a backend is named outside compose",
      { "cli/generate.ts": `import { b } from "../sandbox/bubblewrap/b.ts";` },
      /only cli\/compose.ts/,
    ],
    ["a private sub-folder is named", { "journey/a.ts": `import { b } from "../toolsets/sera/b.ts";` }, /toolsets\/sera is private/],
    ["a heavy package is loaded at start", { "base/a.ts": `import { Parser } from "web-tree-sitter";` }, /web-tree-sitter is heavy/],
    [
      "a room's config imports its room's neighbours",
      { "rollout/rollout-config.ts": `import { b } from "../model/b.ts";` },
      /may not import model/,
    ],
    ["something imports the command line", { "web/a.ts": `import { b } from "../cli/b.ts";` }, /nothing imports cli/],
    ["a room nobody planned", { "helpers/a.ts": `export const a = 1;` }, /helpers is not in the table/],
    [
      "files import each other",
      { "base/a.ts": `import "./b.ts";`, "base/b.ts": `import "./a.ts";` },
      /cycle: src\/base\/a.ts → src\/base\/b.ts/,
    ],
  ];
  it.each(planted)("finds it when %s", (_, files, expected) => {
    expect(violations(new Map(Object.entries(files))).join("\n")).toMatch(expected);
  });

  it("skips no test without a reason (src/base/skipped-if.conformance.ts)", () => {
    const root = join(src, "..");
    const tests = globSync(["src/**/*{.test,conformance}.ts", "test/**/*.ts"], { cwd: root });
    const unexplained = /\.(?:skipIf|runIf)\(|\b(?:it|test|describe)\.(?:skip|todo)\b|\.skip\(\)/;
    expect(tests.length).toBeGreaterThan(100);
    expect(tests.filter((path) => unexplained.test(readFileSync(join(root, path), "utf8")))).toEqual([]);
  });

  it("allows what the table allows", () => {
    const files = {
      "config/config-schema.ts": `import { A } from "../journey/dataset/dataset-config.ts";`,
      "cli/compose.ts": `import { b } from "../sandbox/bubblewrap/bubblewrap.ts";`,
      "base/a.ts": `import type { Parser } from "web-tree-sitter"; export const a = () => import("web-tree-sitter");`,
      "base/b.ts": `import { createRequire } from "node:module"; export const b = createRequire(import.meta.url).resolve(name);`,
      "model/c.ts": `export const c = [new URL("c.md", import.meta.url), new URL(name, import.meta.url), new URL("/v1", address)];`,
    };
    expect(violations(new Map(Object.entries(files)))).toEqual([]);
  });
});
