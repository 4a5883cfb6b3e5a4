import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { createBubblewrap } from "../../src/sandbox/bubblewrap/bubblewrap.ts";
import { whyUnable } from "../../src/sandbox/why-unable.conformance.ts";
import { call, launcher, result, temporaryFolder } from "./command-line.ts";
import { startPlannedTeacher } from "./planned-teacher.ts";
import { smallRepository } from "./small-repository.ts";

const noBubblewrap = await whyUnable(createBubblewrap());

const key = "canary-51c0ffee77";
const edit = "printf 'x = 1\\n' >> app/prices.py";

it.each([
  ["plants a sparse file of 900 GB", [edit, "truncate -s 900G huge.bin"], "agent/change-too-large", null],
  ["writes a key that it was shown into its change", [edit, `echo ${key} | tee key.txt`], "agent/secret-in-change", null],
  ["hides its change from its own git", [edit, "printf '*\\n' > .gitignore; git add -A; git commit -qm x; rm -rf .git"], null, 2],
])("a teacher that %s", { timeout: 60_000, ...skippedIf(noBubblewrap) }, async (_, commands, reason, kept) => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  await using teacher = await startPlannedTeacher((turn) => commands[turn]);
  const config = join(folder.path, "apprentice.yaml");
  const run = join(folder.path, "run");
  await writeFile(
    config,
    `lineages: 2\nrepositories: [{ path: ${repository} }]\nteachers: [{ kind: endpoint, baseUrl: "${teacher.url}", model: m, apiKey: "env:CANARY" }]\n`,
  );
  const ended = await call(["generate", "--config", config, "--run", run, "--json"], { environment: { CANARY: key } });
  expect([ended.status, ended.stderr.includes("fault of Apprentice")]).toEqual([kept === null ? 1 : 0, false]);
  expect(result(ended)["lineages"]).toMatchObject(kept === null ? { failed: 2, kept: 0 } : { kept, failed: 0 });
  if (reason !== null) expect((await call(["report", run])).stdout).toContain(`2 × failed: ${reason}`);
  expect(result(ended)["costUsd"]).toBeNull();
  expect(result(await call(["verify", run, "--json"]))).toEqual({ ok: true, problems: [] });
  expect(execFileSync("sh", ["-c", `grep -rlaF "${key}" "${run}" || true`], { encoding: "utf8" })).toBe("");
});

it(
  "what the shell that starts a run has open is nothing that an agent can read or write",
  { timeout: 60_000, ...skippedIf(noBubblewrap) },
  async () => {
    await using folder = await temporaryFolder();
    const repository = smallRepository(join(folder.path, "repository"));
    const look = 'ls -l /proc/self/fd; for n in 9 40 250; do eval "cat /dev/fd/$n; echo written >>/dev/fd/$n"; done';
    await using teacher = await startPlannedTeacher((turn) => [edit, look][turn]);
    const [secret, run] = [join(folder.path, "secret"), join(folder.path, "run")];
    await writeFile(secret, "open in the shell\n");
    const order = ["generate", "--repo", repository, "--base-url", teacher.url, "--model", "m", "--lineages", "1", "--run", run];
    const script = 'exec 9<>"$1" 40<>"$1" 250<>"$1"; shift; exec "$@"';
    const child = spawn("bash", ["-c", script, "bash", secret, process.execPath, launcher, ...order], { stdio: "ignore" });
    expect(await once(child, "close")).toEqual([0, null]);
    const found = execFileSync("grep", ["-rlaF", "/proc/self/fd", join(run, "artifacts")], { encoding: "utf8" });
    expect(found).not.toBe("");
    expect(execFileSync("sh", ["-c", `grep -rlaF "open in the shell" "${run}" || true`], { encoding: "utf8" })).toBe("");
    expect(await readFile(secret, "utf8")).toBe("open in the shell\n");
  },
);
