import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { SourceFile } from "./extract-file.ts";
import { extractFunctions } from "./extract-functions.ts";

/**
 * Python's own `ast` as the independent extractor, on the standard library of the python3 that is there: every fourth file
 * with at most 100 kB, in UTF-8, that `ast` parses. A newer python3 knows syntax that the grammar does not: few files may
 * stand apart (and one of CPython's tests, with a line that ends after a dot).
 */
const oracle = `
import ast, json, sys, sysconfig, warnings
from pathlib import Path
warnings.simplefilter("ignore")

def walk(node, names, kind, out):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            own = names + [child.name]
            out.append([".".join(own), kind, child.lineno, child.end_lineno])
            walk(child, own, "function", out)
        elif isinstance(child, ast.ClassDef):
            walk(child, names + [child.name], "method", out)
        else:
            walk(child, names, kind, out)

root = Path(sysconfig.get_paths()["stdlib"])
paths = sorted(p for p in root.rglob("*.py") if "site-packages" not in p.parts and p.stat().st_size <= 100_000)
for path in paths[::4][:400]:
    try:
        data = path.read_bytes()
        data.decode("utf-8")
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        continue
    out = []
    walk(tree, [], "function", out)
    print(json.dumps([str(path), out]))
`;

type Row = [qualifiedName: string, kind: string, startLine: number, endLine: number];

function pythonFunctions(): Map<string, Row[]> | undefined {
  const python = spawnSync("python3", ["-c", oracle], { encoding: "utf8", maxBuffer: 2 ** 28 });
  if (python.status !== 0) return undefined;
  const lines = python.stdout.split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => JSON.parse(line) as [string, Row[]]));
}

test("the functions of Python files are those of Python's ast, file by file", async (context) => {
  const expected = pythonFunctions();
  if (expected === undefined) return context.skip("python3 is not there to compare with");
  async function* files(paths: Iterable<string>): AsyncGenerator<SourceFile> {
    for (const path of paths) yield { path, bytes: readFileSync(path) };
  }
  let functions = 0;
  let apart = 0;
  const differing: string[] = [];
  for await (const { path, sites, syntaxErrors } of extractFunctions(files(expected.keys()), { all: true })) {
    const ours = sites.map((site): Row => [site.qualifiedName, site.kind, site.startLine, site.endLine]);
    const theirs = expected.get(path) ?? [];
    functions += theirs.length;
    const same = JSON.stringify(ours.sort(byPlace)) === JSON.stringify(theirs.sort(byPlace));
    if (!same && syntaxErrors) apart += 1;
    else if (!same) differing.push(path);
  }
  expect(differing).toEqual([]);
  expect(apart).toBeLessThanOrEqual(expected.size / 100);
  expect(functions).toBeGreaterThan(1000);
}, 120_000);

function byPlace(a: Row, b: Row): number {
  return a[2] - b[2] || (a[0] < b[0] ? -1 : 1);
}
