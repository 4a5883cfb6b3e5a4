import { expect, test } from "vitest";
import { isScratchPath } from "./scratch-files.ts";
import { isTestPath } from "./test-path.ts";

const scratch = [
  "reproduce.py",
  "reproduce_issue.py",
  "src/deep/repro_bug.ts",
  "test_fix.py",
  "my_test.go",
  "test.js",
  "debug_parser.py",
  "src/a.py.orig",
  "tests/x.rej",
  "tmp.txt",
  "tmp",
  "temp_output.log",
  "src/__pycache__/a.cpython-311.pyc",
  "fix.patch",
  "FIX_SUMMARY.md",
  "verify_fix.py",
  "core",
  "nohup.out",
];
const wanted = [
  "src/a.py",
  "tests/test_fix.py",
  "tests/reproduce_issue.py",
  "src/template.py",
  "src/tmpfile.py",
  "src/core/a.py",
  "lib/test_helpers.py",
  "README.md",
  "CHANGELOG.md",
  "src/reproducer/model.py",
  "src/production.py",
  "main.go",
  "temperature.py",
];

test.each(scratch)("%s is scratch", (path) => expect(isScratchPath(path)).toBe(true));
test.each(wanted)("%s is none", (path) => expect(isScratchPath(path)).toBe(false));

const tests = [
  "tests/a.py",
  "test/a.js",
  "a/__tests__/b.ts",
  "a/b.test.ts",
  "a/b_test.go",
  "a/test_b.py",
  "FooTest.java",
  "spec/a_spec.rb",
  "conftest.py",
];
const code = ["contests/a.py", "a/latest.py", "testing.md", "attest.go", "src/test.ts", "protest/a.js"];

test.each(tests)("%s is a test's", (path) => expect(isTestPath(path)).toBe(true));
test.each(code)("%s is code's", (path) => expect(isTestPath(path)).toBe(false));
