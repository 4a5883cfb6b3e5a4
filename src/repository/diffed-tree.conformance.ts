import { readdirSync, writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import { pack } from "tar-stream";
import { expect } from "vitest";
import { unwrap } from "../base/result.ts";
import { applyPatch } from "./apply-patch.ts";
import { diffTree } from "./diff-tree.ts";
import { never, plainGit, snapshotOf, type TestFolder, UserRepository } from "./temporary-repository.conformance.ts";
import type { UnpackedSnapshot } from "./unpack-snapshot.ts";

interface Export {
  readonly kind?: "delta" | "full";
  readonly deleted?: readonly string[];
  readonly tar: Readable;
}

/** The difference of an export to its snapshot, of which is seen that it applies, gives its tree and leaves nothing behind. */
export async function diff(folder: TestFolder, snapshot: UnpackedSnapshot, { kind = "delta", deleted = [], tar }: Export) {
  const { gitDir, commit } = snapshot;
  const made = unwrap(await diffTree({ gitDir, commit, tree: { kind, deleted, tar }, scratch: folder.scratch }, never));
  const applied = unwrap(await applyPatch({ gitDir, commit, patch: made.patch, scratch: folder.scratch }, never));
  expect(applied).toBe(made.finalTree);
  expect(readdirSync(folder.scratch).filter((name) => name.startsWith("scratch-"))).toEqual([]);
  return { ...made, text: Buffer.from(made.patch).toString("latin1") };
}

/** Entries as tar-stream writes them, for tars that no honest program makes. */
export function tarOfEntries(...entries: Parameters<ReturnType<typeof pack>["entry"]>[0][]): Readable {
  const made = pack();
  for (const entry of entries) made.entry(entry, "content" in entry ? String(entry.content) : "");
  made.finalize();
  return Readable.from(made as AsyncIterable<Uint8Array>);
}

/** A file for `tarOfEntries`. */
export const file = (name: string, content = "x\n", mode = 0o644) => ({ name, content, mode });
export const nothing = () => tarOfEntries();

/** A small repository with a program, a link and ignored files, and its snapshot. */
export async function simple(folder: TestFolder): Promise<{ user: UserRepository; snapshot: UnpackedSnapshot }> {
  const user = new UserRepository(folder.at("user"));
  user.write("a.txt", "one\ntwo\nthree\n").write("dir/b.txt", "b\n").write("dir/c.txt", "c\n").write("run.sh", "#!/bin/sh\n", 0o755);
  user
    .link("link", "a.txt")
    .write(".gitignore", "*.log\nbuild/\n!keep.log\n")
    .write("dir/tracked.log", "log\n")
    .write("build/out", "out\n");
  user.commit();
  return { user, snapshot: await snapshotOf(folder, user) };
}

/** Names in the final tree. */
export function namesIn(user: UserRepository, patch: Uint8Array): string[] {
  writeFileSync(`${user.path}/../patch`, patch);
  plainGit(user.path, ["checkout", "--quiet", "--force", "HEAD"]);
  if (patch.length > 0) plainGit(user.path, ["apply", "--index", "../patch"]);
  return plainGit(user.path, ["ls-files", "-z"]).toString("utf8").split("\0").slice(0, -1);
}
