import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { createBubblewrap } from "../../src/sandbox/bubblewrap/bubblewrap.ts";
import { whyUnable } from "../../src/sandbox/why-unable.conformance.ts";
import { call, result, temporaryFolder } from "./command-line.ts";
import { startPlannedTeacher } from "./planned-teacher.ts";
import { smallRepository } from "./small-repository.ts";

const noBubblewrap = await whyUnable(createBubblewrap());
const edit = "set -e; a-tool; printf 'x = 1\\n' >> app/prices.py; echo mine >>built/file; git status --porcelain";

it(
  "set-up commands run before anything is asked, serve the agent, and are no part of its patch",
  {
    timeout: 60_000,
    ...skippedIf(noBubblewrap),
  },
  async () => {
    await using folder = await temporaryFolder();
    const path = smallRepository(join(folder.path, "repository"));
    await using teacher = await startPlannedTeacher((turn) => (turn === 0 ? edit : undefined));
    const config = join(folder.path, "apprentice.yaml");
    const generate = async (run: string, setup: readonly string[]) => {
      const teachers = [{ kind: "endpoint", baseUrl: teacher.url, model: "m" }];
      await writeFile(config, stringify({ lineages: 1, repositories: [{ path }], teachers, sandbox: { setup } }));
      return await call(["generate", "--config", config, "--run", join(folder.path, run), "--json"]);
    };

    const failed = await generate("failed", ["true", "echo no such thing; exit 7"]);
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain(
      "The set-up command `echo no such thing; exit 7` ended with status 7. Its last lines:\nno such thing\n",
    );
    expect(teacher.requests).toBe(0);

    const commands = [
      "printf '#!/bin/sh\\necho says the tool\\n' >/usr/local/bin/a-tool; chmod +x /usr/local/bin/a-tool",
      "mkdir built; echo x >built/file",
    ];
    const done = await generate("run", commands);
    expect(result(done)["lineages"]).toMatchObject({ kept: 1, failed: 0 });
    expect(done.stderr).toContain("Set-up of the snapshot: 2 commands …");
    const rows = readFileSync(join(folder.path, "run/dataset/samples.jsonl"), "utf8");
    expect(rows).toContain("says the tool\\n M app/prices.py");
    expect(rows).not.toContain("+mine");

    const other = await generate("run", [...commands, "true"]);
    expect(other.status).not.toBe(0);
    expect(other.stderr).toMatch(/other settings, so it cannot go on with these: sandbox\.setup/);
  },
);
