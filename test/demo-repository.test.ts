import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { skippedIf } from "../src/base/skipped-if.conformance.ts";

const folder = fileURLToPath(new URL("../demo-repository", import.meta.url));
const python = spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"]).status === 0;
const noPython = python ? null : "there is no python3 of version 3.9 or newer";

test("the demo repository's TypeScript tests pass", () => {
  const environment = { ...process.env, NODE_OPTIONS: "" };
  const output = execFileSync(process.execPath, ["--test", "--test-reporter=tap", "web/test/*.test.ts"], {
    cwd: folder,
    encoding: "utf8",
    env: environment,
  });
  expect(output).toMatch(/^# pass [1-9]\d*$/m);
  expect(output).toMatch(/^# fail 0$/m);
});

test("the demo repository's Python tests pass", skippedIf(noPython), () => {
  const environment = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
  const ran = spawnSync("python3", ["-m", "unittest", "discover", "-s", "tests"], { cwd: folder, encoding: "utf8", env: environment });
  expect(ran.stderr).toMatch(/Ran [1-9]\d* tests[\s\S]*OK\s*$/);
});

test("nothing in it has a name that npm leaves out of a package", () => {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => path.split("/").at(-1) ?? "");
  const dropped =
    /^(\.git|\.gitignore|\.npmignore|\.npmrc|\.DS_Store|node_modules|package-lock\.json|npm-debug\.log|.*\.orig|\._.*|.*\.swp)$/;
  expect(names.filter((name) => dropped.test(name))).toEqual([]);
});
