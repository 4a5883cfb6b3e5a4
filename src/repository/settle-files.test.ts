import { lstatSync, mkdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { settleFiles } from "./settle-files.ts";
import { TestFolder } from "./temporary-repository.conformance.ts";

/** Only root gives files to another account. */
const owner = process.getuid?.() === 0 ? 54_321 : null;

test("what links lead to keeps its mode, owner and time, and the links get theirs", async () => {
  using folder = new TestFolder();
  for (const name of ["inside", "outside", "outside/folder"]) mkdirSync(folder.at(name), { mode: 0o700 });
  for (const name of ["outside/file", "outside/folder/file"]) writeFileSync(folder.at(name), "x", { mode: 0o600 });
  const others = ["outside", "outside/folder", "outside/file", "outside/folder/file"];
  for (const name of others) utimesSync(folder.at(name), 1_000_000, 1_000_000);
  const state = () =>
    others.map((name) => {
      const { mode, uid, gid, mtimeMs } = statSync(folder.at(name));
      return { name, mode, uid, gid, mtimeMs };
    });
  const before = state();
  symlinkSync("../outside/file", folder.at("inside/to-file"));
  symlinkSync("../outside/folder", folder.at("inside/to-folder"));
  symlinkSync("../nowhere", folder.at("inside/to-nothing"));
  await settleFiles(Buffer.from(folder.at("inside")), { owner, time: 2_000_000 });
  expect(state()).toEqual(before);
  for (const name of ["to-file", "to-folder", "to-nothing"]) {
    const { uid, mtimeMs } = lstatSync(folder.at(`inside/${name}`));
    expect({ name, uid, mtimeMs }).toEqual({ name, uid: owner ?? process.getuid?.(), mtimeMs: 2_000_000_000 });
  }
});
