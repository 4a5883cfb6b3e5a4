import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimCache, holdCache } from "./cache-use.ts";
import { ownLabel } from "./process-label.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cache-use-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Another process that holds the cache until it is killed; says "held" once it does. */
function holder(): ChildProcess {
  const script = `const { holdCache } = await import(${JSON.stringify(join(import.meta.dirname, "cache-use.ts"))});
    console.log("begun"); await holdCache(${JSON.stringify(root)}); console.log("held"); setInterval(() => {}, 1000);`;
  return spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
}

async function said(child: ChildProcess, word: string): Promise<void> {
  if (child.stdout === null) throw new Error("no output");
  let text = "";
  while (!text.includes(word)) text += String((await once(child.stdout, "data"))[0]);
}

test("a live process that uses the cache is seen, and no longer once it was killed", async () => {
  const child = holder();
  await said(child, "held");
  {
    await using claim = await claimCache(root);
    expect(claim.users.map((label) => Number(label.split("-")[0]))).toEqual([child.pid]);
  }
  child.kill("SIGKILL");
  await once(child, "exit");
  await using claim = await claimCache(root);
  expect(claim.users).toEqual([]);
  expect(readdirSync(join(root, "in-use"))).toEqual([`cleaning-${await ownLabel()}`]);
});

test("who begins to use it while it is being cleaned waits, and is seen by the next to clean", async () => {
  const claim = await claimCache(root);
  expect(claim.users).toEqual([]);
  let held = false;
  const holding = holdCache(root).then(() => (held = true));
  // Its name stands there from its beginning on, and still it waits.
  while (!readdirSync(join(root, "in-use")).includes(await ownLabel())) await new Promise((resolve) => setImmediate(resolve));
  expect(held).toBe(false);
  await claim[Symbol.asyncDispose]();
  await holding;
  await using next = await claimCache(root);
  expect(next.users).toEqual([await ownLabel()]);
});

test("a cleaner that died holds nobody up", async () => {
  mkdirSync(join(root, "in-use"));
  writeFileSync(join(root, "in-use", "cleaning-999999999-1"), "");
  await holdCache(root);
  expect(readdirSync(join(root, "in-use"))).toEqual([await ownLabel()]);
});
