import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { diffTree } from "./diff-tree.ts";
import { diff, file, simple, tarOfEntries } from "./diffed-tree.conformance.ts";
import { contentsOf, never, TestFolder } from "./temporary-repository.conformance.ts";

test("paths that leave the workspace, `.git` in any case, and special files are left out, and no file is made of anything", async () => {
  using folder = new TestFolder();
  const { snapshot } = await simple(folder);
  const before = [...contentsOf(folder.path).keys()];
  const outside = folder.at("victim");
  const tar = tarOfEntries(
    file("../victim"),
    file("dir/../../victim"),
    file(outside),
    file(".git/hooks/post-checkout"),
    file("dir/.GIT/config"),
    file(".git"),
    { name: "planted", type: "symlink", linkname: folder.path },
    file("planted/victim"),
    { name: "fifo", type: "fifo" },
    { name: "device", type: "character-device" },
    { name: ".gitmodules", type: "symlink", linkname: "a" },
    { name: "hard", type: "link", linkname: "../victim" },
    { name: "run.sh", type: "fifo" },
    file("n".repeat(256)),
    file("ok"),
  );
  const made = await diff(folder, snapshot, { tar });
  expect([...made.text.matchAll(/^diff --git a\/(.*) b\//gm)].map((match) => match[1])).toEqual(["ok", "planted/victim", "run.sh"]);
  expect(made.text).toContain("deleted file mode 100755");
  expect(existsSync(outside)).toBe(false);
  expect([...contentsOf(folder.path).keys()].filter((path) => !path.startsWith("scratch"))).toEqual(
    before.filter((path) => !path.startsWith("scratch")),
  );
});

test("a tar that breaks off is a failure, never a deletion of what is missing", async () => {
  using folder = new TestFolder();
  const { snapshot } = await simple(folder);
  const whole = execFileSync("tar", ["--exclude=.git", "-cf", "-", "."], { cwd: snapshot.folder });
  const { gitDir, commit } = snapshot;
  const attempt = (tar: Readable, signal = never) =>
    diffTree({ gitDir, commit, tree: { kind: "full", deleted: [], tar }, scratch: folder.scratch }, signal);
  for (const length of [0, 512, 700, 1024, 2048, 3000]) {
    expect(await attempt(Readable.from([whole.subarray(0, length)]))).toMatchObject({
      ok: false,
      error: { boundary: "sandbox", code: "broken-export", retryable: true },
    });
  }
  expect(await attempt(Readable.from([Buffer.alloc(4096, "junk")]))).toMatchObject({ ok: false, error: { code: "broken-export" } });
  const dying = new Readable({
    read() {
      this.destroy(new Error("sandbox died"));
    },
  });
  expect(await attempt(dying)).toMatchObject({
    ok: false,
    error: { code: "broken-export", message: expect.stringContaining("sandbox died") },
  });
  const endless = new Readable({ read() {} });
  const stopped = attempt(endless, AbortSignal.timeout(50));
  expect(await stopped).toMatchObject({ ok: false, error: { code: "cancelled" } });
  expect(endless.destroyed).toBe(true);
  expect(readdirSync(folder.scratch).filter((name) => name.startsWith("scratch-"))).toEqual([]);
});

test("what is too large to be taken is the agent's failure, told from the headers alone", async () => {
  using folder = new TestFolder();
  const { snapshot } = await simple(folder);
  const { gitDir, commit } = snapshot;
  const made = (tar: Readable, limits: { mostBytes?: number; mostPatchBytes?: number }) =>
    diffTree({ gitDir, commit, tree: { kind: "delta", deleted: [], tar }, scratch: folder.scratch, ...limits }, never);
  // Only a header: of the content nothing ever comes.
  const header = Buffer.alloc(512);
  header.write("huge.bin");
  header.write("0000644\0", 100);
  header.write("77777777777\0", 124);
  header.write("        0", 148);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 0`, 148);
  const endless = Readable.from(
    (async function* () {
      yield header;
      await new Promise(() => {});
    })(),
  );
  const failed = { ok: false, error: { boundary: "agent", code: "change-too-large", retryable: false, wholeRun: false } };
  expect(await made(endless, {})).toMatchObject(failed);
  const long = file("long.txt", "a line of some length\n".repeat(200));
  expect(await made(tarOfEntries(long), { mostPatchBytes: 1000 })).toMatchObject(failed);
  expect((await made(tarOfEntries(long), { mostPatchBytes: 10_000 })).ok).toBe(true);
  expect(readdirSync(folder.scratch).filter((name) => name.startsWith("scratch-"))).toEqual([]);
});
