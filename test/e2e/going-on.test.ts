import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { call, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

const root = join(import.meta.dirname, "..", "..");

/** Types a line that a run has told, in the folder it was told in. */
function type(line: string, folder: string): string {
  return execFileSync("bash", ["-c", `${line} 2>&1`], { cwd: folder, encoding: "utf8" });
}

it("a run says what is left to do and how, in lines that a shell takes", { timeout: 180_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const run = join(folder.path, "it's a run");
  const more = ["--run", run, "--lineages"];
  const first = await call(["generate", "--repo", repository, "--teacher", "scripted", "--sandbox", "none", ...more, "4"]);
  expect([first.status, first.stderr.includes("Nothing is left")]).toEqual([0, false]);

  const again = await call(["generate", "--run", run]);
  expect(again.status).toBe(0);
  expect(again.stderr).toContain("Nothing is left to do: all 4 lineages are done.\n");
  const line = /^For more lineages: (.* --lineages 8)$/m.exec(again.stderr)?.[1] ?? "";
  expect(line).toMatch(/^npx apprentice generate --run '/);
  expect(type(line, root)).toContain("Lineages: 8 · ");

  const fewer = await call(["generate", ...more, "3"]);
  expect(fewer.stderr).toContain("This run has 8 lineages already; --lineages 3 follows the first 3 only.\n");
  expect(fewer.stderr).toContain("Nothing is left to do: all 3 lineages are done.\n");

  const most = await call(["generate", ...more, "1000"]);
  expect(most.stderr).toMatch(/Only \d+ functions can be followed; 1000 were asked for\./);
  const none = await call(["generate", ...more, "1000"]);
  expect([none.stderr.includes("Nothing is left to do"), none.stderr.includes("For more lineages")]).toEqual([true, false]);
});

it("an unfinished run is mentioned with a line that a shell takes, and goes on to all that it holds", { timeout: 180_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const run = join("runs", "it's");
  const settings = ["--repo", repository, "--base-url", "http://127.0.0.1:9", "--model", "scripted"];
  const begun = await call(["generate", ...settings, "--run", run, "--lineages", "3"], { folder: folder.path });
  expect(begun.status).toBe(1);
  const other = await call(["generate", ...settings, "--lineages", "1"], { folder: folder.path });
  const line = /to go on with it instead: (.*)$/m.exec(other.stderr)?.[1] ?? "";
  expect(line).toContain(" generate --run 'runs/it'\\''s'");
  const fewer = await call(["generate", "--run", run, "--lineages", "1"], { folder: folder.path });
  expect(fewer.stderr).toMatch(/This run has 3 lineages already; --lineages 1 follows the first only\./);
  expect(fewer.stderr).toMatch(/^To go on: .* --lineages 3$/m);
});
