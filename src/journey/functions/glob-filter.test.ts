import { expect, test } from "vitest";
import { globFilter } from "./glob-filter.ts";

test.each([
  ["*.ts", "src/a.ts"],
  ["src", "src/deep/a.ts"],
  ["src/", "src/a.ts"],
  ["src", "packages/src/a.ts"],
  ["./src/**", "src/deep/a.ts"],
  ["src/*.ts", "src/a.ts"],
  ["**/*.py", "a.py"],
  ["{lib,src}/*.py", "lib/a.py"],
  ["**/*.js", ".config/a.js"],
  ["*.js", "a/.eslintrc.js"],
  [".github/**", ".github/scripts/a.py"],
  ["a/b.py", "a/b.py"],
  ["é/*.py", "é/ü.py"],
])("%s takes %s", (pattern, path) => {
  expect(globFilter([pattern])(path)).toBe(true);
});

test.each([
  ["src/*.ts", "src/deep/a.ts"],
  ["/src", "packages/src/a.ts"],
  ["./a.py", "b/a.py"],
  ["sr", "src/a.ts"],
  ["*.ts", "a.tsx"],
])("%s leaves %s", (pattern, path) => {
  expect(globFilter([pattern])(path)).toBe(false);
});

test("no patterns take nothing, several take what any takes", () => {
  expect(globFilter([])("a.py")).toBe(false);
  expect(globFilter(["*.py", "*.go"])("b.go")).toBe(true);
});
