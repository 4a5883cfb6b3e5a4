import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { openRepository } from "../repository/open-repository.ts";
import { TestFolder, UserRepository } from "../repository/temporary-repository.conformance.ts";
import { findRepositorySites } from "./repository-sites.ts";

test("a stop at any moment of the search is a failure that says so, never a fault", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  for (let file = 0; file < 40; file++) user.write(`f${file}.py`, `def work_${file}(a):\n    return a + ${file}\n`.repeat(50));
  const commit = user.commit("Begin");
  const repository = unwrap(await openRepository(user.path, new AbortController().signal));
  const options = { folder: "", include: [], exclude: [], all: false };
  const codes = new Set<string>();
  for (let delayMs = 0; delayMs < 400; delayMs += delayMs < 40 ? 2 : 40) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), delayMs);
    const found = await findRepositorySites({ repository, commit, options }, stop.signal);
    clearTimeout(timer);
    codes.add(found.ok ? "found" : found.error.code);
  }
  expect([...codes].filter((code) => code !== "found")).toEqual(["cancelled"]);
});
