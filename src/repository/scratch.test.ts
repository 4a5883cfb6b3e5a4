import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeScratch } from "./scratch.ts";
import { TestFolder } from "./temporary-repository.conformance.ts";

test("a scratch folder is one's own, and goes with what is in it, also when disposed of twice", async () => {
  using folder = new TestFolder();
  const first = await makeScratch(folder.at("not/yet"));
  const second = await makeScratch(folder.at("not/yet"));
  expect(first.path).not.toBe(second.path);
  writeFileSync(join(first.path, "a"), "a", { mode: 0o400 });
  await first[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  expect([existsSync(first.path), existsSync(second.path)]).toEqual([false, true]);
});
