import { expect, test } from "vitest";
import { findFunctionSites, type FileSource } from "./find-function-sites.ts";

function sourceOf(files: Record<string, string | Uint8Array>): FileSource & { readonly asked: string[] } {
  const asked: string[] = [];
  const bytesOf = (content: string | Uint8Array) => (typeof content === "string" ? new TextEncoder().encode(content) : content);
  return {
    asked,
    files: Object.entries(files).map(([path, content]) => ({ path, size: bytesOf(content).length })),
    async *read(paths) {
      asked.push(...paths);
      for (const path of paths.toReversed()) yield { path, bytes: bytesOf(files[path] ?? "") };
    },
  };
}

const python = (name: string) => `def ${name}():\n    return 1\n`;
const repository = {
  "b/z.py": python("z"),
  "b/a.py": `${python("second")}\n\n${python("first")}`,
  "a.go": "package a\nfunc F() int { return 1 }\nfunc asm(x int) int\n",
  "tests/test_a.py": python("test_a"),
  "vendor/v.js": "function v() { return 1 }\n",
  "app.min.js": "function m(){return 1}\n",
  "src/made.ts": "// @generated\nexport function made() { return 1; }\n",
  "src/broken.ts": "export function fine() { return 1; }\nclass {{{\n",
  "src/stub.ts": "export function stub() {}\nconst o = { [x]: () => 1 };\n",
  "latin.py": new Uint8Array([0x23, 0xe9, 0x0a]),
  "README.md": "# Text",
};

test("sites come in order, and all that is left out has a count and a reason", async () => {
  const source = sourceOf(repository);
  const found = await findFunctionSites(source);
  expect(found.sites.map(({ path, name }) => `${path} ${name}`)).toEqual([
    "a.go F",
    "b/a.py second",
    "b/a.py first",
    "b/z.py z",
    "src/broken.ts fine",
  ]);
  expect(found.skipped).toEqual({ generated: 1, minified: 1, "not-utf8": 1, test: 1, "unknown-language": 1, vendored: 1 });
  expect(found.skippedFunctions).toEqual({ "computed-name": 1, declaration: 1, stub: 1 });
  expect(found.languages).toEqual({ go: 1, python: 3, typescript: 1 });
  expect(found.unparsable).toBe(1);
  expect(found.files).toBe(5);
  const files = Object.values(found.skipped).reduce((sum, count) => sum + count, found.files);
  expect(files).toBe(Object.keys(repository).length);
});

test("what the counts count is listed by path, with its reason", async () => {
  const found = await findFunctionSites(sourceOf(repository));
  expect(found.leftOut.map(({ path, reason, functions }) => `${path} ${reason} ${functions ?? "file"}`)).toEqual([
    "README.md unknown-language file",
    "a.go declaration 1",
    "app.min.js minified file",
    "latin.py not-utf8 file",
    "src/broken.ts syntax-errors file",
    "src/made.ts generated file",
    "src/stub.ts computed-name 1",
    "src/stub.ts stub 1",
    "tests/test_a.py test file",
    "vendor/v.js vendored file",
  ]);
});

test("files left out by path are never read", async () => {
  const source = sourceOf(repository);
  await findFunctionSites(source);
  expect(source.asked).not.toContain("vendor/v.js");
  expect(source.asked).not.toContain("README.md");
});

test("all turns the default rules off, not what cannot be read or named", async () => {
  const found = await findFunctionSites(sourceOf(repository), { all: true });
  expect(found.sites).toHaveLength(10);
  expect(found.skipped).toEqual({ "not-utf8": 1, "unknown-language": 1 });
  expect(found.skippedFunctions).toEqual({ "computed-name": 1, declaration: 1 });
});

test("include and exclude narrow, with all too", async () => {
  const found = await findFunctionSites(sourceOf(repository), { include: ["b/**", "tests"], exclude: ["z.py"], all: true });
  expect(found.sites.map((site) => site.name)).toEqual(["second", "first", "test_a"]);
  expect(found.skipped).toMatchObject({ excluded: 1, "not-included": 7 });
});

test("a repository without sources gives nothing and reads nothing", async () => {
  const source = sourceOf({ "README.md": "# Text" });
  expect(await findFunctionSites(source)).toMatchObject({ sites: [], files: 0, skipped: { "unknown-language": 1 } });
  expect(source.asked).toEqual([]);
});

test("a file too large by the listing is not read", async () => {
  const source: FileSource = { files: [{ path: "a.py", size: 2 ** 30 }], read: () => sourceOf({}).read([]) };
  expect((await findFunctionSites(source)).skipped).toEqual({ "too-large": 1 });
});

test("files in several languages at once are left out by their names, with all too", async () => {
  const names = ["a.vue", "a.svelte", "index.html", "_row.html.erb", "Page.cshtml", "note.ipynb", "page.phtml", "home.blade.php", "a.jsp"];
  const source = sourceOf({
    ...Object.fromEntries(names.map((name) => [name, "<script>function f() { return 1 }</script>"])),
    "a.php": "<?php\n",
  });
  expect((await findFunctionSites(source, { all: true })).skipped).toEqual({ "several-languages": names.length });
});

test("a file whose text is mostly errors gives nothing, and one with an error gives the rest", async () => {
  const broken = `fn fine() -> u8 {\n    1\n}\n${"The quick brown fox, it said; then it went away to the hills.\n".repeat(30)}`;
  const found = await findFunctionSites(sourceOf({ "a.rs": broken, "b.rs": "fn fine() -> u8 {\n    1\n}\n) ]\n" }));
  expect(found.skipped).toEqual({ "mostly-errors": 1 });
  expect(found.sites.map(({ path, name }) => `${path} ${name}`)).toEqual(["b.rs fine"]);
  expect(found.unparsable).toBe(1);
});

test("tests among the functions of a file are counted", async () => {
  const found = await findFunctionSites(sourceOf({ "a.rs": "fn f() -> u8 {\n    1\n}\n\n#[test]\nfn works() {\n    f();\n}\n" }));
  expect(found.skippedFunctions).toEqual({ test: 1 });
  expect(found.leftOut).toEqual([{ path: "a.rs", reason: "test", functions: 1 }]);
});
