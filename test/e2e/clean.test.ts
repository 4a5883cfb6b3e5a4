import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { call, result, start, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

/** A place of its own for everything that is cached, so that nothing of other tests is removed. */
async function ground() {
  const folder = await temporaryFolder();
  const [cache, temporary] = [join(folder.path, "cache"), join(folder.path, "tmp")];
  mkdirSync(temporary);
  const repository = smallRepository(join(folder.path, "repository"));
  const options = { folder: folder.path, environment: { APPRENTICE_CACHE: cache, TMPDIR: temporary } };
  const generate = ["generate", "--repo", repository, "--teacher", "scripted", "--sandbox", "none", "--run", "run", "--json"];
  const snapshots = (): string[] => {
    const uid = process.getuid?.() ?? "user";
    const place = join(temporary, `apprentice-${uid}`, "snapshots");
    return existsSync(place) ? readdirSync(place).filter((name) => !["kept", "uses"].includes(name)) : [];
  };
  return { folder, cache, temporary, options, generate, snapshots };
}

const kindsOf = (removed: unknown): unknown[] => (removed as { kind: string }[]).map(({ kind }) => kind).toSorted();

test("clean removes what dead processes left, images and snapshots; a run stays whole and goes on", { timeout: 120_000 }, async () => {
  const { folder, cache, temporary, options, generate, snapshots } = await ground();
  await using _ = folder;
  expect((await call([...generate, "--lineages", "2"], options)).status).toBe(0);
  mkdirSync(join(cache, "images", "0".repeat(32)), { recursive: true });
  writeFileSync(join(cache, "images", "0".repeat(32), "sh"), "x".repeat(10_000));
  const [dead, foreign] = [join(temporary, "apprentice-none-999999999-1.ab"), join(temporary, "apprentice-none-mine")];
  mkdirSync(join(dead, "testbed"), { recursive: true });
  mkdirSync(foreign);

  const dry = result(await call(["clean", "--dry-run", "--json"], options));
  expect(kindsOf(dry["removed"])).toEqual(["cache", "image", "sandbox"]);
  expect(Number(dry["freedBytes"])).toBeGreaterThan(10_000);
  expect([existsSync(dead), snapshots().length, readdirSync(join(cache, "images")).length]).toEqual([true, 1, 1]);

  expect(kindsOf(result(await call(["clean", "--images", "--json"], options))["removed"])).toEqual(["image"]);
  expect(kindsOf(result(await call(["clean", "--sandboxes", "--json"], options))["removed"])).toEqual(["sandbox"]);
  expect([existsSync(dead), existsSync(foreign), snapshots().length]).toEqual([false, true, 1]);
  const all = await call(["clean"], options);
  expect([all.status, all.stderr]).toEqual([0, expect.stringMatching(/^Removed 1 cache entry: .*\.\n$/)]);
  expect(snapshots()).toEqual([]);
  expect((await call(["clean"], options)).stderr).toBe("There is nothing to remove.\n");

  expect((await call(["verify", "run"], options)).status).toBe(0);
  expect(result(await call(["generate", "--run", "run", "--lineages", "3", "--json"], options))["lineages"]).toMatchObject({ total: 3 });
});

test("what a live run uses is kept, and said", { timeout: 120_000 }, async () => {
  const { folder, options, generate, snapshots } = await ground();
  await using _ = folder;
  const run = start([...generate, "--lineages", "6", "--concurrency", "1"], options);
  while (snapshots().filter((name) => !name.startsWith("scratch")).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const cleaned = result(await call(["clean", "--json"], options));
  expect(run.child.exitCode).toBe(null);
  expect(cleaned["removed"]).toEqual([]);
  expect(cleaned["kept"]).toContainEqual(
    expect.objectContaining({ why: expect.stringMatching(`^a run is using it \\(process ${run.child.pid}\\)$`) }),
  );
  const ended = await run.ended;
  expect([ended.status, result(ended)["lineages"]]).toEqual([0, expect.objectContaining({ total: 6, failed: 0, unfinished: 0 })]);
});
