// npm run check: types, type-aware lint, format, dead code, architecture. Everything is run, then the first bad status counts.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { install, node, root } from "./install.js";

install();
const bin = (name) => `node_modules/.bin/${name}`;
const checks = [
  ["types", bin("tsc"), "-p", "."],
  ["lint", bin("oxlint"), "--quiet"],
  ["format", bin("oxfmt"), "--check", "."],
  ["dead code", bin("knip"), "--no-progress"],
  ["architecture", "node_modules/vitest/vitest.mjs", "run", "test/architecture.test.ts", "--reporter=dot"],
];
const failed = [];
for (const [name, ...command] of checks) {
  const started = Date.now();
  const program = existsSync(node) ? node : process.execPath;
  const { status, stdout, stderr } = spawnSync(program, command, { cwd: root, encoding: "utf8" });
  process.stdout.write(`${status === 0 ? "ok  " : "FAIL"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
  if (status === 0) continue;
  failed.push(name);
  process.stdout.write(`${stdout}${stderr}\n`);
}
process.exit(failed.length === 0 ? 0 : 1);
