import { join } from "node:path";
import { expect, test } from "vitest";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { createBubblewrap } from "../../src/sandbox/bubblewrap/bubblewrap.ts";
import { whyUnable } from "../../src/sandbox/why-unable.conformance.ts";
import { call, result, temporaryFolder } from "./command-line.ts";
import { oddRepository } from "./odd-repository.ts";

const noBubblewrap = await whyUnable(createBubblewrap());

interface Listed {
  readonly path: string;
  readonly reason?: string;
  readonly qualifiedName?: string;
}

const lines = (stdout: string): Listed[] =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Listed);

/** 100,000 files, one of 200 MB, links in circles, names that are no text, CRLF, tabs, binaries, a submodule, LFS pointers. */
test("a repository with everything that tools trip over is gone through whole", { timeout: 180_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = await oddRepository(join(folder.path, "odd.git"), { files: 100_000, hugeMiB: 200 });
  const [left, found] = await Promise.all([
    call(["functions", repository, "--left-out", "--json"]),
    call(["functions", repository, "--exclude", "d*/**", "--json"]),
  ]);
  const reasons = new Map(lines(left.stdout).map(({ path, reason }) => [path, reason]));
  const expected = {
    "latin.py": "not-utf8",
    "wide.py": "binary",
    "nul.py": "binary",
    "long.py": "minified",
    "model.bin": "unknown-language",
  };
  for (const [path, reason] of Object.entries(expected)) expect(reasons.get(path), path).toBe(reason);
  expect(left.stderr).toMatch(/names that are not UTF-8 +1 file$/m);
  expect([reasons.has("loop/a"), reasons.has("sub")]).toEqual([false, false]);
  expect(new Set(lines(found.stdout).map(({ qualifiedName }) => qualifiedName))).toEqual(
    new Set(["Add", "bom", "crlf", "tab_name", "two_lines"]),
  );
});

test("an agent works on it, and every lineage is accounted for", { timeout: 180_000, ...skippedIf(noBubblewrap) }, async () => {
  await using folder = await temporaryFolder();
  const repository = await oddRepository(join(folder.path, "odd.git"), { files: 100_000, hugeMiB: 200 });
  const run = join(folder.path, "run");
  const config = ["--repo", repository, "--teacher", "scripted", "--run", run, "--lineages", "14"];
  const ended = await call(["generate", ...config, "--json"]);
  expect(ended.status, ended.stderr).toBe(0);
  expect(result(ended)["lineages"]).toMatchObject({ total: 14, failed: 0 });
  expect(result(await call(["verify", run, "--json"]))).toEqual({ ok: true, problems: [] });
});
