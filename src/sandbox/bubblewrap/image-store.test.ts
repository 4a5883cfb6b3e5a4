import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import { makeRepository } from "../conformance/snapshot-place.conformance.ts";
import { whyUnable } from "../why-unable.conformance.ts";
import { createBubblewrap } from "./bubblewrap.ts";
import { makeRoot, saveLayers } from "./image-fixture.conformance.ts";

const backend = createBubblewrap({ cacheRoot: mkdtempSync(join(tmpdir(), "apprentice-images-")) });
const unable = await whyUnable(backend);
const never = new AbortController().signal;
const limits = { memoryMiB: 512, processes: 96, workspaceMiB: 32 };

describe("images", skippedIf(unable), () => {
  let scratch = "";
  beforeAll(() => {
    scratch = mkdtempSync(join(backend.cacheRoot, "images-test-"));
    chmodSync(scratch, 0o755);
    makeRepository(join(scratch, "tree"), backend.snapshotOwner);
    makeRoot(join(scratch, "root"));
  });
  afterAll(() => rmSync(backend.cacheRoot, { recursive: true, force: true }));

  async function says(image: string, ...commands: string[]): Promise<string[]> {
    const request = { snapshot: { id: "image", path: join(scratch, "tree") }, image, limits };
    await using sandbox = unwrap(await backend.open(request, never));
    const said: string[] = [];
    for (const command of commands)
      said.push(unwrap(await sandbox.run({ command, timeoutMs: 20_000, outputLimitBytes: 10_000 }, never)).output);
    return said;
  }

  test("a folder becomes the root, with no bash and no git", async () => {
    const said = await says(
      join(scratch, "root"),
      "cat /opt/tool/version; pwd; id -u; whoami",
      "ls -A /usr/bin",
      "cat readme.md; echo x >/opt/x",
    );
    expect(said[0]).toBe("of the image\n/testbed\n1000\nworker\n");
    expect(said[1]?.split("\n")).not.toContain("bash");
    expect(said[2]).toContain("this is readme.md\n");
    expect(said[2]).toMatch(/Read-only/);
  });

  test("what an image is goes by a tar's bytes, whatever it is called, and by a folder's path", async () => {
    const root = join(scratch, "root");
    const [tar, copy, missing] = ["one.tar", "other.tar", "none.tar"].map((name) => join(scratch, name));
    execFileSync("tar", ["-cf", tar ?? "", "-C", root, "."]);
    execFileSync("cp", [tar ?? "", copy ?? ""]);
    const id = await backend.imageId(tar ?? "", never);
    expect(id).toEqual({ ok: true, value: expect.stringMatching(/^tar:[0-9a-f]{64}$/) });
    expect(await backend.imageId(copy ?? "", never)).toEqual(id);
    execFileSync("tar", ["-cf", copy ?? "", "-C", join(root, "opt"), "."]);
    expect(await backend.imageId(copy ?? "", never)).not.toEqual(id);
    expect(await backend.imageId(root, never)).toEqual({ ok: true, value: root });
    expect(await backend.imageId(null, never)).toEqual({ ok: true, value: null });
    expect(await backend.imageId(missing ?? "", never)).toMatchObject({ ok: false, error: { code: "image-not-found", wholeRun: true } });
  });

  test("a POSIX shell keeps frames, files, deadlines and exports", async () => {
    const request = { snapshot: { id: "image", path: join(scratch, "tree") }, image: join(scratch, "root"), limits };
    await using sandbox = unwrap(await backend.open(request, never));
    const run = async (command: string, timeoutMs = 20_000) =>
      unwrap(await sandbox.run({ command, timeoutMs, outputLimitBytes: 10_000 }, never));
    expect(await run("echo 'unterminated")).toMatchObject({ ended: "completed", exitCode: 2 });
    expect(await run("cd src; X=1; (exit 4)")).toMatchObject({ exitCode: 4 });
    expect(await run("echo $? $X; echo $PWD >/dev/stderr")).toMatchObject({ output: "4 1\n/testbed/src\n" });
    expect(await run("sleep 100", 200)).toMatchObject({ ended: "timed-out" });
    expect(await run("while :; do :; done", 200)).toMatchObject({ ended: "timed-out" });
    expect(await run("echo $PWD; exit 6")).toMatchObject({ output: "/testbed/src\n", ended: "shell-ended", exitCode: 6 });
    const bytes = Buffer.alloc(200_000, "every byte\n");
    expect(unwrap(await sandbox.writeFile("/testbed/new", bytes, never))).toEqual({ ok: true });
    expect(unwrap(await sandbox.writeFile("/testbed/none/new", bytes, never))).toEqual({ ok: false, problem: "missing" });
    const read = unwrap(await sandbox.readFile("/testbed/new", 1_000_000, never));
    expect(read.ok && bytes.equals(read.bytes)).toBe(true);
    expect(await run("rm readme.md; echo next")).toMatchObject({ output: "next\n" });
    const tree = unwrap(await sandbox.exportTree({ final: true }, never));
    expect(tree.deleted).toEqual(["readme.md"]);
    tree.tar.destroy();
  });

  test("a tar, compressed or not, is unpacked once", async () => {
    const plain = join(scratch, "root.tar");
    const packed = join(scratch, "root.tar.gz");
    execFileSync("tar", ["-cf", plain, "-C", join(scratch, "root"), "."]);
    execFileSync("tar", ["-czf", packed, "-C", join(scratch, "root"), "."]);
    expect(await says(plain, "cat /opt/tool/version")).toEqual(["of the image\n"]);
    expect(await says(packed, "cat /opt/tool/version")).toEqual(["of the image\n"]);
    const images = readdirSync(join(backend.cacheRoot, "images"));
    await Promise.all([says(plain, "echo"), says(plain, "echo")]);
    expect(readdirSync(join(backend.cacheRoot, "images"))).toEqual(images);
  });

  test("layers of docker save lie over each other, and what a layer deletes stays within the image", async () => {
    const victim = join(scratch, "victim");
    mkdirSync(victim);
    writeFileSync(join(victim, "file"), "untouched");
    if (backend.snapshotOwner !== null) execFileSync("chown", ["-R", String(backend.snapshotOwner), victim]);
    const base = join(scratch, "root");
    const [second, third] = [join(scratch, "second"), join(scratch, "third")];
    mkdirSync(join(second, "opt/tool"), { recursive: true });
    mkdirSync(join(second, "srv"), { recursive: true });
    writeFileSync(join(second, "opt/tool/.wh.version"), "");
    writeFileSync(join(second, "opt/tool/newer"), "newer\n");
    symlinkSync(victim, join(second, "srv/escape"));
    mkdirSync(join(third, "srv/escape"), { recursive: true });
    writeFileSync(join(third, "srv/escape/.wh.file"), "");
    writeFileSync(join(third, "srv/.wh..wh..opq"), "");
    const said = await says(saveLayers([base, second, third], scratch), "ls -A /opt/tool /srv");
    expect(said[0]).toContain("newer\n");
    expect(said[0]).not.toContain("version");
    expect(existsSync(join(victim, "file"))).toBe(true);
  });

  test("what is no image fails as a value", async () => {
    writeFileSync(join(scratch, "broken.tar"), "this is no tar, whatever its name says");
    const codes = { "broken.tar": "sandbox-not-opened", nowhere: "image-not-found" };
    for (const [name, code] of Object.entries(codes)) {
      const image = join(scratch, name);
      const opened = await backend.open({ snapshot: { id: "image", path: join(scratch, "tree") }, image, limits }, never);
      expect(opened).toMatchObject({ ok: false, error: { boundary: "sandbox", code, wholeRun: true } });
    }
  });
});
