import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { TestEngine, whyNoEngine } from "../../src/sandbox/docker/test-engine.conformance.ts";
import { makeBusyboxTar, whyNoBusybox } from "../../src/sandbox/docker/test-images.conformance.ts";
import { call, result, temporaryFolder, type CallOptions } from "./command-line.ts";
import { startPlannedTeacher } from "./planned-teacher.ts";
import { smallRepository } from "./small-repository.ts";

const steps = [
  "FROM base:1",
  "WORKDIR /testbed",
  "COPY . .",
  "RUN mkdir built && echo 'of the image' >built/file && printf '#!/bin/sh\\necho says the tool\\n' >/bin/a-tool && chmod +x /bin/a-tool",
];

describe("generate with a Dockerfile", skippedIf(whyNoEngine() ?? whyNoBusybox()), () => {
  let engine: TestEngine;
  let options: CallOptions = {};
  beforeAll(async () => {
    engine = new TestEngine();
    await engine.start();
    await engine.importImage(makeBusyboxTar(engine.folder), "base:1");
    options = { environment: engine.environment };
  });
  afterAll(async () => await engine[Symbol.asyncDispose]());

  it("builds it, works in it, and goes on only with the same", { timeout: 180_000 }, async () => {
    await using folder = await temporaryFolder();
    const repository = smallRepository(join(folder.path, "repository"));
    writeFileSync(join(repository, "Dockerfile"), steps.join("\n"));
    const here = { ...options, folder: repository };
    const run = join(folder.path, "run");
    const args = ["generate", "--repo", ".", "--run", run, "--lineages", "4", "--json"];
    const image = ["--teacher", "scripted", "--sandbox", "docker", "--image", "Dockerfile"];
    const first = await call([...args, ...image], here);
    expect([first.status, first.stderr.includes("fault of Apprentice")]).toEqual([0, false]);
    expect(first.stderr).toMatch(/^Image \S+Dockerfile, built of each commit's files before it is first used …$/m);
    expect(result(first)["lineages"]).toMatchObject({ total: 4, failed: 0, unfinished: 0 });
    expect(result(await call(["verify", run, "--json"]))).toEqual({ ok: true, problems: [] });
    expect((await call(["generate", "--run", run, "--lineages", "5"], options)).status).toBe(0);
    expect(await engine.ask("/containers/json?all=1")).toEqual([]);

    const doctor = await call(["doctor", "--repo", ".", ...image, "--json"], here);
    expect(doctor.stdout).toMatch(/Dockerfile is dockerfile:[0-9a-f]{64}; a run builds it/);
    writeFileSync(join(repository, "Dockerfile"), [...steps, "RUN exit 7"].join("\n"));
    const other = await call(["generate", "--run", run], options);
    expect([other.status, other.stderr]).toEqual([2, expect.stringMatching(/other settings.*sandbox\.image \("dockerfile:/)]);
    const fails = await call(["generate", "--repo", ".", "--run", join(folder.path, "fails"), ...image], here);
    expect([fails.status, fails.stderr]).toEqual([
      1,
      expect.stringMatching(/Dockerfile could not be built: .*exit 7.*code: 7\. Its last lines:/),
    ]);
    rmSync(join(repository, "Dockerfile"));
    const gone = await call(["generate", "--repo", ".", "--run", join(folder.path, "gone"), ...image], here);
    expect([gone.status, gone.stderr]).toEqual([2, expect.stringMatching(/There is no Dockerfile at \S+Dockerfile\.\n/)]);
    expect(await engine.ask("/containers/json?all=1")).toEqual([]);
  });

  it("what the image has in the workspace serves the agent and is in no patch", { timeout: 120_000 }, async () => {
    await using folder = await temporaryFolder();
    const path = smallRepository(join(folder.path, "repository"));
    const edit = "set -e; a-tool; cat built/file; printf 'x = 1\\n' >>app/prices.py; echo mine >>built/file; echo mine >built/more";
    await using teacher = await startPlannedTeacher((turn) => (turn === 0 ? edit : undefined));
    writeFileSync(join(folder.path, "app.Dockerfile"), steps.join("\n"));
    const sandbox = { kind: "docker", image: "./app.Dockerfile" };
    const teachers = [{ kind: "endpoint", baseUrl: teacher.url, model: "m" }];
    const config = join(folder.path, "apprentice.yaml");
    writeFileSync(config, stringify({ lineages: 1, repositories: [{ path }], teachers, sandbox }));
    const done = await call(["generate", "--config", config, "--run", join(folder.path, "run"), "--json"], options);
    expect(result(done)["lineages"]).toMatchObject({ kept: 1, failed: 0 });
    const rows = readFileSync(join(folder.path, "run/dataset/samples.jsonl"), "utf8");
    expect(rows).toContain("says the tool\\nof the image\\n");
    expect(rows).toContain("+x = 1");
    expect(rows).not.toContain("+mine");
  });

  it("init tells of it, and writes it down where docker is chosen", async () => {
    await using folder = await temporaryFolder();
    smallRepository(folder.path);
    writeFileSync(join(folder.path, "Dockerfile"), steps.join("\n"));
    const here = { ...options, folder: folder.path };
    const chosen = await call(["init", "--yes", "--sandbox", "docker", "--json"], here);
    expect(result(chosen)["sandbox"]).toEqual({ kind: "docker", image: "./Dockerfile" });
    expect((await call(["config"], here)).stderr).toBe("");
    const mentioned = await call(["init", "--yes", "--sandbox", "none", "--out", "other.yaml", "--json"], here);
    expect(result(mentioned)["sandbox"]).toEqual({ kind: "none" });
    expect(readFileSync(join(folder.path, "other.yaml"), "utf8")).toContain("# or kind: docker with image: ./Dockerfile, which is built");
  });
});

it.each(["bubblewrap", "none"])("the sandbox %s says what to do with a Dockerfile", async (kind) => {
  await using folder = await temporaryFolder();
  smallRepository(folder.path);
  const args = ["generate", "--repo", ".", "--teacher", "scripted", "--sandbox", kind, "--image", "Dockerfile"];
  const refused = await call(args, { folder: folder.path });
  expect([refused.status, refused.stderr]).toEqual([
    2,
    expect.stringMatching(
      new RegExp(`^The sandbox ${kind} cannot build \\S+Dockerfile: use --sandbox docker, or build it yourself, .*image\\.tar\\.\\n$`),
    ),
  ]);
});
