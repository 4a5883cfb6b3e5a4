import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import { makeRepository } from "../conformance/snapshot-place.conformance.ts";
import type { SandboxBackend } from "../sandbox.ts";
import type { DockerOptions } from "./docker.ts";
import { TestEngine, whyNoEngine } from "./test-engine.conformance.ts";
import { makeBusyboxTar, tarOf, whyNoBusybox } from "./test-images.conformance.ts";
import { TestRegistry } from "./test-registry.conformance.ts";

const never = new AbortController().signal;
const limits = { memoryMiB: 256, processes: 64, workspaceMiB: 32 };

describe("images in an engine", skippedIf(whyNoEngine() ?? whyNoBusybox()), () => {
  let engine: TestEngine;
  let tar = "";
  beforeAll(async () => {
    engine = new TestEngine();
    await engine.start();
    makeRepository(join(engine.folder, "tree"), null);
    tar = makeBusyboxTar(engine.folder);
  });
  afterAll(async () => await engine[Symbol.asyncDispose]());

  const backend = (options: DockerOptions = {}): SandboxBackend => engine.backend(options);
  const requestOf = (image: string | null, snapshot = "one") => ({
    snapshot: { id: snapshot, path: join(engine.folder, "tree") },
    image,
    limits,
  });

  /** What a command prints in a sandbox of the image. */
  async function says(image: string, command: string, by = backend()): Promise<string> {
    await using sandbox = unwrap(await by.open(requestOf(image), never));
    return unwrap(await sandbox.run({ command, timeoutMs: 20_000, outputLimitBytes: 10_000 }, never)).output;
  }

  /** A tar of busybox's image with a file more, so that it is another image. */
  function another(name: string): string {
    const root = join(engine.folder, name);
    cpSync(join(engine.folder, "busybox"), root, { recursive: true, verbatimSymlinks: true });
    writeFileSync(join(root, "etc/name"), `${name}\n`);
    return tarOf(root);
  }

  async function imagesNow(): Promise<{ readonly Id: string; readonly RepoTags: readonly string[] | null }[]> {
    return (await engine.ask("/images/json")) as { Id: string; RepoTags: string[] | null }[];
  }

  test("a tar is taken in once, whatever its name, and is known by its bytes", async () => {
    const by = backend();
    const copy = join(engine.folder, "copy.tar");
    copyFileSync(tar, copy);
    expect(await says(tar, "pwd; id -u; cat readme.md", by)).toBe("/testbed\n1000\nthis is readme.md\n");
    const before = (await imagesNow()).map(({ Id }) => Id).sort();
    expect(await says(copy, "echo again", backend())).toBe("again\n");
    expect((await imagesNow()).map(({ Id }) => Id).sort()).toEqual(before);
    const first = await by.imageId(tar, never);
    expect(first).toMatchObject({ ok: true, value: expect.stringMatching(/^tar:[0-9a-f]{64}$/) });
    expect(await by.imageId(copy, never)).toEqual(first);
  });

  test("what docker save wrote is taken in without taking a name of the user's", async () => {
    await engine.importImage(tar, "user/app:1");
    const saved = join(engine.folder, "saved.tar");
    await engine.saveImage("user/app:1", saved);
    const { Id: first } = (await engine.ask("/images/user/app:1/json")) as { Id: string };
    await engine.importImage(another("newer"), "user/app:1");
    const { Id: newer } = (await engine.ask("/images/user/app:1/json")) as { Id: string };
    expect(await says(saved, "cat /etc/name || echo the first")).toContain("the first\n");
    expect(await engine.ask("/images/user/app:1/json")).toMatchObject({ Id: newer });
    expect(newer).not.toBe(first);
    expect(await says("user/app:1", "cat /etc/name")).toBe("newer\n");
    expect(await backend().imageId("user/app:1", never)).toEqual({ ok: true, value: newer });
  });

  test.each([
    ["no image", () => null, "image-not-named", /needs an image/],
    ["a file that is not there", () => "/none/image.tar", "image-not-found", /^There is no image at \/none\/image\.tar\.$/],
    ["a folder", () => `${engine.folder}/tree`, "image-is-a-folder", /is a folder: make a tar of it/],
    ["a text", () => write("text.tar", "this is no tar, whatever its name says"), "image-not-read", /text\.tar could not be read/],
    ["an OCI archive", () => ociArchive(), "image-not-read", /is an OCI archive: save it in Docker's form/],
    ["a name that no registry knows", () => "127.0.0.1:1/none:1", "image-not-found", /127\.0\.0\.1:1\/none:1 .* could not be pulled/],
    ["a name that cannot be one", () => "Not A Name", "image-not-found", /Not A Name/],
    ["no shell", () => broken("no-sh", null), "image-has-no-shell", /has no shell \(sh\)/],
    ["programs of another processor", () => broken("foreign", foreignProgram), "image-not-for-this-machine", /another kind of processor/],
    ["a shell that ends at once", () => broken("ending", "#!/bin/busybox false\n"), "image-not-started", /its shell ended at once/],
  ])("%s: one clear sentence", async (_name, image, code, message) => {
    const opened = await backend().open(requestOf(image()), never);
    expect(opened).toMatchObject({ ok: false, error: { boundary: "sandbox", code, message: expect.stringMatching(message) } });
    if (!opened.ok) expect({ ...opened.error, lines: opened.error.message.split("\n").length }).toMatchObject({ lines: 1 });
    expect(await engine.ask("/containers/json?all=1")).toEqual([]);
  });

  function write(name: string, text: string): string {
    writeFileSync(join(engine.folder, name), text);
    return join(engine.folder, name);
  }

  function ociArchive(): string {
    const root = join(engine.folder, "oci");
    mkdirSync(root);
    for (const name of ["oci-layout", "index.json"]) writeFileSync(join(root, name), "{}");
    return tarOf(root);
  }

  /** Busybox's image with another program in the place of its shell. */
  function broken(name: string, shell: string | Buffer | null): string {
    const root = another(name).replace(/\.tar$/, "");
    rmSync(join(root, "bin/sh"));
    if (shell !== null) writeFileSync(join(root, "bin/sh"), shell, { mode: 0o755 });
    return tarOf(root);
  }

  test("ours are kept under a cap, the least recently used go first, and a user's own are never touched", async () => {
    const own = another("users-own");
    await engine.importImage(own, "users/own:1");
    const [a, b, c] = [another("cap-a"), another("cap-b"), another("cap-c")];
    for (const image of [a, b]) await says(image, "true", backend());
    const before = new Set((await imagesNow()).map(({ Id }) => Id));
    // Room for one and a half of them.
    const small = { imagesMiB: 3 };
    expect(await says(c, "cat /etc/name", backend(small))).toBe("cap-c\n");
    const now = await imagesNow();
    const left = now.flatMap(({ RepoTags }) => RepoTags ?? []);
    expect(left).toContain("users/own:1");
    expect(left).toContain("user/app:1");
    expect(now.filter(({ Id }) => before.has(Id)).length).toBeLessThan(before.size);
    expect(now.filter(({ RepoTags }) => RepoTags?.some((tag) => tag.startsWith("apprentice-image"))).length).toBe(1);
    expect(await says(a, "cat /etc/name", backend(small))).toBe("cap-a\n");
    expect(await says("users/own:1", "cat /etc/name", backend(small))).toBe("users-own\n");
  });

  test("an image that somebody removed in the midst of a run is made again", async () => {
    const image = another("removed");
    const by = backend();
    expect(await says(image, "echo first", by)).toBe("first\n");
    await engine.removeOurs();
    expect(await says(image, "echo second", by)).toBe("second\n");
  });

  test("many that want an image make one pull, and a stop of one does not end it for the others", async () => {
    await using registry = new TestRegistry(readFileSync(tar));
    await registry.start();
    const { promise, resolve } = Promise.withResolvers<void>();
    registry.held = promise;
    const by = backend();
    const stop = new AbortController();
    const stopped = by.imageId(registry.image, stop.signal);
    const [one, other] = [by.imageId(registry.image, never), by.imageId?.(registry.image, never)];
    while (!registry.asked.some((path) => path.includes("/blobs/"))) await new Promise((next) => setImmediate(next));
    stop.abort();
    expect(await stopped).toMatchObject({ ok: false, error: { code: "cancelled" } });
    resolve();
    const first = await one;
    expect(await other).toEqual(first);
    expect(first).toMatchObject({ ok: true, value: expect.stringMatching(/^sha256:/) });
    expect(await says(registry.image, "echo pulled", by)).toBe("pulled\n");
    expect(registry.asked.filter((path) => path.includes("/blobs/")).length).toBe(2);
  });

  test("a pull that takes too long ends with a sentence", async () => {
    await using registry = new TestRegistry(readFileSync(another("slow")));
    await registry.start();
    registry.held = new Promise(() => {});
    const opened = await backend({ pullMs: 1000 }).open(requestOf(registry.image), never);
    expect(opened).toMatchObject({ ok: false, error: { code: "image-not-pulled", retryable: true } });
  });
});

/** The head of a program for a processor that nobody has. */
const foreignProgram = ((): Buffer => {
  const head = Buffer.alloc(64);
  head.write("\x7fELF\x02\x01\x01", "latin1");
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(0x1234, 18);
  head.writeUInt32LE(1, 20);
  head.writeUInt16LE(64, 52);
  return head;
})();
