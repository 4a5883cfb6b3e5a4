import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { TestEngine, whyNoEngine } from "../../src/sandbox/docker/test-engine.conformance.ts";
import { makeBusyboxTar, whyNoBusybox } from "../../src/sandbox/docker/test-images.conformance.ts";
import { call, datasetBytes, generateArgs, result, start, startTeacher, temporaryFolder, type CallOptions } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

describe("generate in docker", skippedIf(whyNoEngine() ?? whyNoBusybox()), () => {
  let engine: TestEngine;
  let image = "";
  let options: CallOptions = {};
  beforeAll(async () => {
    engine = new TestEngine();
    await engine.start();
    image = makeBusyboxTar(engine.folder);
    options = { environment: engine.environment };
  });
  afterAll(async () => await engine[Symbol.asyncDispose]());

  const argsOf = (repository: string, run: string, lineages: number) => {
    const settings = ["--teacher", "scripted", "--sandbox", "docker", "--image", image, "--lineages", String(lineages)];
    return ["generate", "--repo", repository, "--run", run, "--concurrency", "4", "--json", ...settings];
  };

  const leftovers = async () => ({
    containers: (await engine.ask("/containers/json?all=1")) as unknown[],
    volumes: ((await engine.ask("/volumes")) as { readonly Volumes: unknown[] | null }).Volumes ?? [],
    images: new Set(
      ((await engine.ask("/images/json")) as { readonly RepoTags: string[] }[]).map(({ RepoTags }) => RepoTags[0]?.split(":")[0]),
    ),
  });

  it(
    "goes from a repository to a dataset in an image of busybox, the same each time, and leaves images alone",
    { timeout: 180_000 },
    async () => {
      await using folder = await temporaryFolder();
      const repository = smallRepository(join(folder.path, "repository"));
      const run = join(folder.path, "run");
      const first = await call(argsOf(repository, run, 6), options);
      expect([first.status, first.stderr.includes("fault of Apprentice")]).toEqual([0, false]);
      expect(result(first)["lineages"]).toMatchObject({ total: 6, failed: 0, unfinished: 0 });
      expect(result(await call(["verify", run, "--json"]))).toEqual({ ok: true, problems: [] });
      const left = { containers: [], volumes: [], images: new Set(["apprentice-image", "apprentice-snapshot"]) };
      expect(await leftovers()).toEqual(left);

      const twin = join(folder.path, "twin");
      expect((await call(argsOf(repository, twin, 6), options)).status).toBe(0);
      expect(await datasetBytes(twin)).toEqual(await datasetBytes(run));
      expect(await leftovers()).toEqual(left);

      const copy = join(folder.path, "the-same.tar");
      copyFileSync(image, copy);
      expect((await call(["generate", "--run", run, "--image", copy], options)).status).toBe(0);
      const other = await call(["generate", "--run", run, "--image", "nowhere.tar"], options);
      expect([other.status, other.stderr]).toEqual([1, expect.stringMatching(/There is no image at \S*nowhere\.tar\./)]);
    },
  );

  it(
    "an engine that goes away in mid-run stops the run with one sentence, and the run goes on once it is back",
    { timeout: 180_000 },
    async () => {
      await using folder = await temporaryFolder();
      const repository = smallRepository(join(folder.path, "repository"));
      const run = join(folder.path, "run");
      // Slow enough that no machine is done before its engine is gone.
      await using teacher = await startTeacher(join(folder.path, "teacher.jsonl"), ["--latency-ms", "200"]);
      const settings = ["--sandbox", "docker", "--image", image, "--lineages", "12", "--concurrency", "4", "--json"];
      const { child, ended } = start(generateArgs({ repository, run, url: teacher.url }, ...settings), options);
      await new Promise<void>((resolve) => child.stderr?.on("data", (text: string) => /[1-9]\d* kept/.test(text) && resolve()));
      await engine.stop();
      const stopped = await ended;
      expect(stopped.status).toBe(1);
      expect(stopped.stderr).toMatch(/The container engine at \S+ does not answer/);
      expect(result(stopped)["lineages"]).toMatchObject({ total: 12, failed: 0 });
      const refused = await call(["generate", "--run", run, "--json"], options);
      expect([refused.status, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/docker does not work here: .*does not answer.* To mend it: start it/),
      ]);

      await engine.start();
      const resumed = await call(["generate", "--run", run, "--json"], options);
      expect([resumed.status, result(resumed)["lineages"]]).toEqual([0, expect.objectContaining({ total: 12, failed: 0, unfinished: 0 })]);
      expect(result(await call(["verify", run, "--json"]))).toEqual({ ok: true, problems: [] });
      expect((await leftovers()).containers).toEqual([]);
    },
  );
});
