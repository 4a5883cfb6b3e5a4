import { afterEach, beforeEach, expect, test } from "vitest";
import { ok, unwrap } from "../base/result.ts";
import type { Lineage } from "../records/lineage.ts";
import { snapshotOf, TestFolder, UserRepository } from "../repository/temporary-repository.conformance.ts";
import type { UnpackedSnapshot } from "../repository/unpack-snapshot.ts";
import { drawLineages, type DrawOrder } from "./draw-lineages.ts";
import { openTemporaryRun, type TemporaryRun } from "./stored-lineage.conformance.ts";

const never = new AbortController().signal;

let folder: TestFolder;
let snapshots: Record<string, UnpackedSnapshot>;
let runs: TemporaryRun[];
beforeEach(async () => {
  folder = new TestFolder();
  runs = [];
  const big = new UserRepository(folder.at("big"));
  for (const file of ["a", "b", "pkg/c"]) {
    big.write(`${file}.py`, [1, 2, 3].map((n) => `def ${file.at(-1)}${n}(x):\n    y = x + ${n}\n    return y\n`).join("\n"));
  }
  big.commit();
  const small = new UserRepository(folder.at("small"));
  small.write("one.js", "export function only(x) {\n  const y = x + 1;\n  return y;\n}\n");
  small.commit();
  snapshots = { big: await snapshotOf(folder, big), small: await snapshotOf(folder, small) };
});
afterEach(async () => {
  for (const run of runs) await run[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function newRun(): Promise<TemporaryRun> {
  const run = await openTemporaryRun();
  runs.push(run);
  return run;
}

function orderOf({ run }: TemporaryRun, wanted: number, more: Partial<DrawOrder> = {}): DrawOrder {
  const sources = ["big", "small"].map((snapshot) => ({ snapshot, folder: "", include: [], exclude: [] }));
  const shelf: DrawOrder["shelf"] = {
    async unpacked(snapshot) {
      const found = snapshots[snapshot];
      if (found === undefined) throw new Error(`no snapshot ${snapshot}`);
      return ok(found);
    },
  };
  return { sources, wanted, seed: 1, identityHash: "identity", ledger: run.ledger, shelf, ...more };
}

async function draw(order: DrawOrder): Promise<Lineage[]> {
  const count = unwrap(await drawLineages(order, never));
  const stored = await Array.fromAsync(order.ledger.list("lineage"), ({ record }) => record);
  return stored.toSorted((a, b) => a.position - b.position).slice(0, count);
}

test("the draw of more begins with the draw of fewer, in one run that grows and in runs apart", async () => {
  const growing = await newRun();
  const all = await draw(orderOf(await newRun(), 99));
  expect(all).toHaveLength(10);
  expect(all.map(({ position }) => position)).toEqual(all.map((_, index) => index));
  for (const wanted of [3, 7, 99]) {
    expect(await draw(orderOf(growing, wanted))).toEqual(all.slice(0, wanted));
    expect(await growing.run.ledger.count("lineage")).toBe(Math.min(wanted, 10));
  }
  expect(await draw(orderOf(growing, 3))).toEqual(all.slice(0, 3));
});

test("snapshots take turns, none is drawn twice, and one that has no more leaves its turns to the others", async () => {
  const drawn = await draw(orderOf(await newRun(), 99));
  expect(drawn.slice(0, 3).map(({ snapshot }) => snapshot)).toEqual(["big", "small", "big"]);
  expect(drawn.filter(({ snapshot }) => snapshot === "small")).toHaveLength(1);
  expect(new Set(drawn.map(({ key }) => key)).size).toBe(10);
  expect(new Set(drawn.map(({ site }) => `${site.path} ${site.qualifiedName}`)).size).toBe(10);
});

test("seed and identity decide the draw and the keys", async () => {
  const names = (lineages: readonly Lineage[]): string[] => lineages.map(({ site }) => site.name);
  const first = await draw(orderOf(await newRun(), 99));
  const again = await draw(orderOf(await newRun(), 99));
  const otherSeed = await draw(orderOf(await newRun(), 99, { seed: 2 }));
  const otherIdentity = await draw(orderOf(await newRun(), 99, { identityHash: "other" }));
  expect(again).toEqual(first);
  expect(names(otherSeed)).not.toEqual(names(first));
  expect(names(otherIdentity)).toEqual(names(first));
  expect(first.some(({ key }) => otherIdentity.some((lineage) => lineage.key === key))).toBe(false);
});

test("the globs of each source choose its files", async () => {
  const sources = [
    { snapshot: "big", folder: "", include: ["**/c.py"], exclude: [] },
    { snapshot: "small", folder: "", include: [], exclude: ["*.js"] },
  ];
  const drawn = await draw(orderOf(await newRun(), 99, { sources }));
  expect(new Set(drawn.map(({ site }) => site.path))).toEqual(new Set(["pkg/c.py"]));
});

test("a folder is where functions are taken from, and no beginning of another's name", async () => {
  const sources = [
    { snapshot: "big", folder: "pk", include: [], exclude: [] },
    { snapshot: "big", folder: "pkg", include: ["**/c.py"], exclude: [] },
  ];
  const drawn = await draw(orderOf(await newRun(), 99, { sources }));
  expect(new Set(drawn.map(({ site }) => site.path))).toEqual(new Set(["pkg/c.py"]));
});

test("what is drawn already is not drawn anew, whatever became of the snapshot", async () => {
  const run = await newRun();
  const drawn = await draw(orderOf(run, 5));
  snapshots = {};
  expect(await draw(orderOf(run, 5))).toEqual(drawn);
});
