import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KeptFolders } from "./kept-folders.ts";
import { ownLabel } from "./process-label.ts";

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "apprentice-kept-"))));
afterEach(() => rmSync(root, { recursive: true }));

const keptOf = (mostBytes: number): KeptFolders => new KeptFolders({ root, isKey: (name) => name.startsWith("k"), mostBytes });

/** As a process does that makes what is not there, and was last seen to use it so long ago. */
async function use(kept: KeptFolders, key: string, { bytes, secondsAgo = 0 }: { bytes: number; secondsAgo?: number }): Promise<void> {
  await kept.mark(key);
  if (!existsSync(join(root, key))) mkdirSync(join(root, key));
  await kept.keep(key, async () => bytes);
  const usedAt = Date.now() / 1000 - secondsAgo;
  if (existsSync(join(root, "kept", key))) utimesSync(join(root, "kept", key), usedAt, usedAt);
}

const there = (): string[] =>
  readdirSync(root)
    .filter((name) => !["kept", "uses"].includes(name))
    .toSorted();

test("over the cap the least recently used go, whoever made them, until all fit", async () => {
  const kept = keptOf(100);
  for (const [key, secondsAgo] of [
    ["k1", 30],
    ["k2", 40],
    ["k3", 20],
  ] as const)
    await use(kept, key, { bytes: 30, secondsAgo });
  for (const key of ["k1", "k2", "k3"]) await kept.release(key);
  mkdirSync(join(root, "other"));
  await use(kept, "k4", { bytes: 60 });
  expect(there()).toEqual(["k3", "k4", "other"]);
  expect(readdirSync(join(root, "kept")).toSorted()).toEqual(["k3", "k4"]);
});

test("what a living process has marked stays, and what a dead one had goes", async () => {
  const kept = keptOf(10);
  await use(kept, "k1", { bytes: 8, secondsAgo: 9 });
  await use(kept, "k2", { bytes: 8 });
  expect(there()).toEqual(["k1", "k2"]);
  rmSync(join(root, "uses", `k1.${await ownLabel()}`));
  writeFileSync(join(root, "uses", "k1.999999999-1"), "");
  await use(kept, "k3", { bytes: 8 });
  expect(there()).toEqual(["k2", "k3"]);
  expect(readdirSync(join(root, "uses")).some((name) => name.startsWith("k1"))).toBe(false);
});

test("used again it is young, and its size is not asked for again", async () => {
  const kept = keptOf(25);
  for (const [key, secondsAgo] of [
    ["k1", 50],
    ["k2", 40],
  ] as const)
    await use(kept, key, { bytes: 10, secondsAgo });
  for (const key of ["k1", "k2"]) await kept.release(key);
  let asked = 0;
  await kept.keep("k1", async () => ++asked);
  await use(kept, "k3", { bytes: 10 });
  expect([there(), asked]).toEqual([["k1", "k3"], 0]);
});

test("marked twice it is released twice", async () => {
  const kept = keptOf(10);
  await use(kept, "k1", { bytes: 8, secondsAgo: 9 });
  await keptOf(10).mark("k1");
  await kept.release("k1");
  await use(kept, "k2", { bytes: 8 });
  expect(there()).toEqual(["k1", "k2"]);
  await kept.release("k1");
  await use(kept, "k3", { bytes: 8 });
  expect(there()).toEqual(["k2", "k3"]);
});

test("a sweep removes what a dead process was removing, and nothing of a living one", async () => {
  const mine = `going-${await ownLabel()}.7`;
  for (const name of ["going-999999999-1.0", mine]) mkdirSync(join(root, name));
  await keptOf(1).sweep();
  expect(there()).toEqual([mine]);
});
