import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { noteRunPlace } from "./run-place.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "apprentice-run-place-"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

async function makeRun(dir: string): Promise<void> {
  await mkdir(join(dir, "journal"), { recursive: true });
  await writeFile(join(dir, "ledger.sqlite"), "");
}

async function opened(dir: string, { takenBack = true } = {}): Promise<string[]> {
  {
    await using place = await noteRunPlace(dir);
    await makeRun(dir);
    if (takenBack) place.takeBack();
  }
  return (await readdir(folder, { recursive: true })).toSorted();
}

test("a new run is taken back with the folders that were made for it", async () => {
  expect(await opened(join(folder, "runs", "of-today", "run"))).toEqual([]);
});

test("a new run that is not taken back stays", async () => {
  expect(await opened(join(folder, "run"), { takenBack: false })).toEqual(["run", "run/journal", "run/ledger.sqlite"]);
});

test("a folder that was there keeps what it held", async () => {
  await mkdir(join(folder, "run"));
  await writeFile(join(folder, "run", "config.yaml"), "");
  expect(await opened(join(folder, "run"))).toEqual(["run", "run/config.yaml"]);
});

test("a run that was there stays", async () => {
  await makeRun(join(folder, "run"));
  expect(await opened(join(folder, "run"))).toEqual(["run", "run/journal", "run/ledger.sqlite"]);
});

test("another run that came into a folder made for this one stays", async () => {
  await using place = await noteRunPlace(join(folder, "runs", "first"));
  await makeRun(join(folder, "runs", "first"));
  await makeRun(join(folder, "runs", "second"));
  place.takeBack();
  await place[Symbol.asyncDispose]();
  expect(await readdir(join(folder, "runs"))).toEqual(["second"]);
});
