import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import { makeRepository } from "../conformance.ts";
import type { Sandbox, SandboxBackend } from "../sandbox.ts";
import type { DockerOptions } from "./docker.ts";
import { TestEngine, whyNoEngine } from "./test-engine.conformance.ts";
import { makeBusyboxTar, whyNoBusybox } from "./test-images.conformance.ts";

const never = new AbortController().signal;
const limits = { memoryMiB: 256, processes: 64, workspaceMiB: 32 };

describe("a Dockerfile as image", skippedIf(whyNoEngine() ?? whyNoBusybox()), () => {
  let engine: TestEngine;
  let counter = 0;
  beforeAll(async () => {
    engine = new TestEngine();
    await engine.start();
    makeRepository(join(engine.folder, "tree"), null);
    await engine.importImage(makeBusyboxTar(engine.folder), "base:1");
  });
  afterAll(async () => await engine[Symbol.asyncDispose]());

  const backend = (options: DockerOptions = {}): SandboxBackend => engine.backend(options);

  /** In a folder of its own, where nothing else is. */
  function write(text: string | readonly string[], name = "Dockerfile"): string {
    const path = join(engine.folder, `dockerfile-${counter++}`, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof text === "string" ? text : `${text.join("\n")}\n`);
    return path;
  }

  /** A snapshot like the one of the tests, with other files. */
  function snapshotWith(files: Readonly<Record<string, string>>): { readonly id: string; readonly path: string } {
    const path = join(engine.folder, `tree-${counter++}`);
    cpSync(join(engine.folder, "tree"), path, { recursive: true, verbatimSymlinks: true });
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    }
    const git = (...args: string[]) => execFileSync("git", ["-C", path, "-c", "user.name=a", "-c", "user.email=a@b", ...args]);
    git("add", "-Af");
    git("commit", "-qm", "more");
    return { id: path, path };
  }

  const tree = () => ({ id: "one", path: join(engine.folder, "tree") });

  interface Wanted {
    readonly by?: SandboxBackend;
    readonly snapshot?: { readonly id: string; readonly path: string };
    readonly timeoutMs?: number;
    readonly commands?: readonly string[];
  }

  const open = (image: string, { by = backend(), snapshot = tree(), timeoutMs = 60_000, commands = [] }: Wanted = {}, signal = never) =>
    by.open({ snapshot, image, limits, setup: { commands, timeoutMs } }, signal);

  async function said(sandbox: Sandbox, command: string): Promise<string> {
    return unwrap(await sandbox.run({ command, timeoutMs: 20_000, outputLimitBytes: 10_000 }, never)).output;
  }

  async function says(image: string, command: string, wanted: Wanted = {}): Promise<string> {
    await using sandbox = unwrap(await open(image, wanted));
    return await said(sandbox, command);
  }

  /** Every image but those that are no build's, and every container. */
  async function state(): Promise<unknown> {
    const images = (await engine.ask("/images/json?all=1")) as { readonly Id: string }[];
    return { images: images.map(({ Id }) => Id).sort(), containers: await engine.ask("/containers/json?all=1") };
  }

  test("is built of the commit's files, and serves the agent with its programs and environment", async () => {
    const image = write([
      "FROM base:1",
      "COPY readme.md /opt/readme",
      "ENV PATH=/opt/tool:$PATH GREETING=hello",
      "RUN mkdir /opt/tool && printf '#!/bin/sh\\necho a tool\\n' >/opt/tool/a-tool && chmod +x /opt/tool/a-tool",
    ]);
    expect(await says(image, "a-tool; echo $GREETING; cat /opt/readme; pwd; id -u")).toBe(
      "a tool\nhello\nthis is readme.md\n/testbed\n1000\n",
    );
  });

  test("is built once for the files that it may copy, however many ask and however it is called", async () => {
    const text = ["FROM base:1", "COPY . /opt/context", "RUN head -c 8 /dev/urandom | md5sum >/opt/drawn"];
    const ignoring = { ".dockerignore": "unseen\n" };
    const one = snapshotWith({ ...ignoring, unseen: "1" });
    const other = snapshotWith({ ...ignoring, unseen: "2" });
    const changed = snapshotWith({ ...ignoring, seen: "3" });
    const drawn = (snapshot: typeof one, by = backend()) => says(write(text), "cat /opt/drawn", { snapshot, by });
    const by = backend();
    const [first, ...same] = await Promise.all([drawn(one, by), drawn(one, by), drawn(other, by)]);
    same.push(await drawn(other));
    expect(first).toMatch(/^[0-9a-f]{32}/);
    expect(new Set([first, ...same]).size).toBe(1);
    expect(await drawn(changed)).not.toBe(first);
    const image = write(text);
    const id = await by.imageId?.(image, never);
    expect(id).toMatchObject({ ok: true, value: expect.stringMatching(/^dockerfile:[0-9a-f]{64}$/) });
    expect(await backend().imageId?.(write(text), never)).toEqual(id);
    expect(await by.imageId?.(write([...text, "RUN true"]), never)).not.toEqual(id);
    writeFileSync(image, "FROM other:1\n");
    expect(await by.imageId?.(image, never)).toEqual(id);
    writeFileSync(image, `${text.join("\n")}\n`);
    writeFileSync(`${image}.dockerignore`, "src\n");
    expect(await backend().imageId?.(image, never)).not.toEqual(id);
  });

  test("may copy what is committed, less what is to be ignored, and none of what we add", async () => {
    const snapshot = snapshotWith({
      ".dockerignore": "docs\n*/ignored.*\n!src/ignored.but\n",
      "src/ignored.txt": "",
      "src/ignored.but": "",
    });
    const image = write(["FROM base:1", "COPY . /opt/context"]);
    const listing = "cd /opt/context; find . -type f -o -type l | sort";
    const files = await says(image, listing, { snapshot });
    expect(files).toContain("./src/ignored.but\n");
    expect(files).toContain("./.dockerignore\n");
    expect(files).toContain("./naïve name.txt\n");
    expect(files).not.toMatch(/git|docs|ignored\.txt|apprentice|ockerfile/);
    const own = write(["FROM base:1", "COPY . /opt/context"], "own.dockerfile");
    writeFileSync(`${own}.dockerignore`, "**\n!docs\n");
    expect(await says(own, listing, { snapshot })).toBe("./docs/one.md\n./docs/two.md\n");
    const nothing = write(["FROM base:1", "RUN echo none >/none"]);
    writeFileSync(`${nothing}.dockerignore`, "**\n");
    expect(await says(nothing, "cat /none")).toBe("none\n");
  });

  test.each([
    ["a file that is not there", () => `${engine.folder}/none/Dockerfile`, "dockerfile-unusable", /^There is no Dockerfile at \S+\.$/],
    ["a folder", () => dirname(write("", "Dockerfile/x")), "dockerfile-unusable", /is a folder: name the Dockerfile in it\.$/],
    ["an empty file", () => write(" \n"), "dockerfile-unusable", /is empty\.$/],
    ["a large file", () => write("#".repeat(1024 * 1024 + 1)), "dockerfile-unusable", /larger than 1 MiB/],
  ])("%s: one clear sentence before anything begins", async (_name, image, code, message) => {
    const before = await state();
    const refused = { ok: false, error: { boundary: "sandbox", code, wholeRun: true, message: expect.stringMatching(message) } };
    expect(await backend().imageId?.(image(), never)).toMatchObject(refused);
    expect(await open(image())).toMatchObject(refused);
    expect(await state()).toEqual(before);
  });

  test.each([
    ["no such image", ["FROM 127.0.0.1:1/none:1"], /127\.0\.0\.1:1\/none/],
    ["an unknown word", ["FROM base:1", "INSTALL all"], /unknown instruction: INSTALL/],
    [
      "a command that fails",
      ["FROM base:1", "RUN echo made >/made", "RUN echo first; echo no such package >&2; exit 3"],
      /code: 3\. Its last lines:\n[^]*no such package/,
    ],
    [
      "a file that is not committed",
      ["FROM base:1", "RUN true", "COPY secret.env /"],
      /secret\.env.* \(what can be copied are the files of the commit, not those of your working folder\)/,
    ],
    [
      "BuildKit's mounts",
      ["FROM base:1", "RUN --mount=type=cache,target=/c true"],
      /needs BuildKit.*: build it yourself \(docker build -t my-image \.\) and use --image my-image/,
    ],
    ["a text for a shell", ["FROM base:1", "RUN <<EOF", "echo x", "EOF"], /needs BuildKit/],
    [
      "a later stage that fails",
      ["FROM base:1 AS one", "RUN echo one >/one", "FROM base:1", "COPY --from=one /one /", "RUN false"],
      /code: 1/,
    ],
  ])("%s: one clear sentence, and nothing is left", async (_name, text, message) => {
    const before = await state();
    const opened = await open(write(text));
    const said = expect.stringMatching(message);
    expect(opened).toMatchObject({
      ok: false,
      error: { boundary: "sandbox", code: "image-not-built", wholeRun: true, retryable: false, message: said },
    });
    expect(await state()).toEqual(before);
  });

  test("sees the user's proxies, which the image does not keep and no failure tells", async () => {
    const networkUser = {
      environment: { HTTPS_PROXY: "http://me:proxy-pass@proxy.example:1", OPENAI_API_KEY: "sk-mine" },
      home: engine.folder,
    };
    const by = backend({ networkUser });
    const image = write(["FROM base:1", "RUN echo $HTTPS_PROXY $OPENAI_API_KEY | tr a-z A-Z >/seen", "ENV KEPT=1"]);
    await using sandbox = unwrap(await open(image, { by }));
    expect(await said(sandbox, "cat /seen; env | grep -ci proxy")).toBe("HTTP://ME:PROXY-PASS@PROXY.EXAMPLE:1\n0\n");
    const images = (await engine.ask("/images/json?all=1")) as { readonly Id: string }[];
    for (const { Id } of images) {
      const told = JSON.stringify([await engine.ask(`/images/${Id}/json`), await engine.ask(`/images/${Id}/history`)]);
      expect(told).not.toMatch(/proxy-pass|sk-mine/);
    }
    const failed = await open(write(["FROM base:1", "RUN echo $HTTPS_PROXY; exit 1"]), { by });
    expect(failed).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/Its last lines:[^]*http:\/\/.*@proxy\.example:1/) },
    });
    expect(JSON.stringify(failed)).not.toContain("proxy-pass");
  });

  test("what it says of how it is run does not reach the sandbox, nor do its volumes", async () => {
    const image = write([
      "FROM base:1",
      "WORKDIR /testbed",
      "COPY . .",
      "RUN mkdir out /data && echo out >out/file && echo data >/data/file",
      "VOLUME /testbed /testbed/out /tmp /data",
      "USER 1234",
      'ENTRYPOINT ["/bin/false"]',
      "HEALTHCHECK CMD false",
      "ONBUILD RUN false",
      "STOPSIGNAL 9",
      'SHELL ["/bin/none"]',
      "ENV HOME=/nowhere",
    ]);
    const check =
      "cat out/file /data/file readme.md; id -u; echo $HOME; echo x >/tmp/x && echo x >out/x && git status --short 2>/dev/null; echo x >/data/x";
    expect(await says(image, check)).toMatch(/^out\ndata\nthis is readme\.md\n1000\n\/tmp\n.*\/data\/x: Permission denied\n$/);
    expect(await says(image, "cat out/file by-set-up", { commands: ["cat out/file >by-set-up"] })).toBe("out\nout\n");
    expect(await engine.ask("/volumes")).toMatchObject({ Volumes: [] });
  });

  test("what was built is ours to count and to remove, with its stages, and is built again where it went", async () => {
    const image = write([
      "FROM base:1 AS one",
      "RUN echo one >/one",
      "FROM base:1",
      "RUN head -c 3000000 /dev/urandom >/large",
      "COPY --from=one /one /",
    ]);
    const by = backend();
    expect(await says(image, "cat /one", { by })).toBe("one\n");
    await engine.removeOurs();
    expect(await says(image, "cat /one", { by })).toBe("one\n");
    await says(write(["FROM base:1", "RUN echo more >/more"]), "cat /more", { by: backend({ imagesMiB: 1 }) });
    expect(await tags("apprentice-build")).toHaveLength(1);
    for (const leftover of await backend().leftovers()) if (leftover.kind === "image") await leftover.remove();
    const left = (await engine.ask("/images/json?all=1")) as { readonly RepoTags: readonly string[] | null }[];
    expect(left.map(({ RepoTags }) => RepoTags)).toEqual([["base:1"]]);
  });

  test("takes nothing for its own because a command says so", async () => {
    await engine.importImage(join(engine.folder, "busybox.tar"), "users/own:1");
    const { Id } = (await engine.ask("/images/users/own:1/json")) as { readonly Id: string };
    const { Id: container } = (await engine.tell("/containers/create", "POST", { Image: "base:1", Cmd: ["sh"] })) as {
      readonly Id: string;
    };
    const before = await state();
    const id = Id.replace("sha256:", "");
    const words = ` ---> ${id}\\n--> ${id}\\n ---> Running in ${container}\\n`;
    expect(await open(write(["FROM base:1", `RUN printf '${words}'; exit 1`]))).toMatchObject({
      ok: false,
      error: { code: "image-not-built" },
    });
    expect(await state()).toEqual(before);
    expect(await says(write(["FROM base:1", `RUN printf '${words}'`]), "echo built")).toBe("built\n");
    for (const leftover of await backend().leftovers()) await leftover.remove();
    expect(await state()).toEqual(before);
    await engine.tell(`/containers/${container}`, "DELETE");
  });

  async function tags(start: string): Promise<string[]> {
    const images = (await engine.ask("/images/json")) as { readonly RepoTags: readonly string[] | null }[];
    return images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.startsWith(start));
  }

  test("a build ends when nobody wants it any more, or its time is over, and leaves nothing", async () => {
    const before = await state();
    const server = new CountingServer();
    await using _ = await server.start();
    const text = ["FROM base:1", "RUN echo before >/before", `RUN wget -qO- ${server.url}/begun && sleep 1000`];
    const stop = new AbortController();
    const stopped = open(write(text), {}, stop.signal);
    await server.heard;
    stop.abort();
    expect(await stopped).toMatchObject({ ok: false, error: { code: "cancelled" } });
    expect(await state()).toEqual(before);
    expect(await open(write(text), { timeoutMs: 3000 })).toMatchObject({
      ok: false,
      error: {
        code: "image-not-built",
        message: expect.stringMatching(/not ended when its 3 s were over \(rollout\.deadlines\.setupMs\)/),
      },
    });
    expect(await state()).toEqual(before);
  });

  test.each(["SIGTERM", "SIGKILL"] as const)("an engine that goes away in the midst of it (%s) is what is told", async (signal) => {
    const server = new CountingServer();
    await using _ = await server.start();
    const opened = open(write(["FROM base:1", `RUN wget -qO- ${server.url}/begun && sleep 1000`]));
    await server.heard;
    await engine.stop(signal);
    expect(await opened).toMatchObject({ ok: false, error: { code: "engine-unreachable", retryable: true, wholeRun: true } });
    await engine.start();
  });
});

/** On loopback, which a build reaches as it reaches the network. */
class CountingServer {
  readonly #server = createServer((_request, response) => {
    response.end("ok\n");
    this.#heard.resolve(null);
  });
  readonly #heard = Promise.withResolvers<null>();

  get heard(): Promise<null> {
    return this.#heard.promise;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<AsyncDisposable> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return { [Symbol.asyncDispose]: () => new Promise((resolve) => this.#server.close(() => resolve())) };
  }
}
