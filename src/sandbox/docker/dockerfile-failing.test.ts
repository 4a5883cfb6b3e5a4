import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import { DockerfileBench } from "./dockerfile-bench.conformance.ts";
import { whyNoEngine } from "./test-engine.conformance.ts";
import { whyNoBusybox } from "./test-images.conformance.ts";

const never = new AbortController().signal;

describe("a Dockerfile that comes to nothing", skippedIf(whyNoEngine() ?? whyNoBusybox()), () => {
  const bench = new DockerfileBench();
  beforeAll(() => bench.start());
  afterAll(async () => await bench[Symbol.asyncDispose]());

  test.each([
    [
      "a file that is not there",
      () => `${bench.engine.folder}/none/Dockerfile`,
      "dockerfile-unusable",
      /^There is no Dockerfile at \S+\.$/,
    ],
    ["a folder", () => dirname(bench.write("", "Dockerfile/x")), "dockerfile-unusable", /is a folder: name the Dockerfile in it\.$/],
    ["an empty file", () => bench.write(" \n"), "dockerfile-unusable", /is empty\.$/],
    ["a large file", () => bench.write("#".repeat(1024 * 1024 + 1)), "dockerfile-unusable", /larger than 1 MiB/],
  ])("%s: one clear sentence before anything begins", async (_name, image, code, message) => {
    const before = await bench.state();
    const refused = { ok: false, error: { boundary: "sandbox", code, wholeRun: true, message: expect.stringMatching(message) } };
    expect(await bench.backend().imageId(image(), never)).toMatchObject(refused);
    expect(await bench.open(image())).toMatchObject(refused);
    expect(await bench.state()).toEqual(before);
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
    const before = await bench.state();
    const opened = await bench.open(bench.write(text));
    const said = expect.stringMatching(message);
    expect(opened).toMatchObject({
      ok: false,
      error: { boundary: "sandbox", code: "image-not-built", wholeRun: true, retryable: false, message: said },
    });
    expect(await bench.state()).toEqual(before);
  });

  test("takes nothing for its own because a command says so", async () => {
    await bench.engine.importImage(join(bench.engine.folder, "busybox.tar"), "users/own:1");
    const { Id } = (await bench.engine.ask("/images/users/own:1/json")) as { readonly Id: string };
    const { Id: container } = (await bench.engine.tell("/containers/create", "POST", { Image: "base:1", Cmd: ["sh"] })) as {
      readonly Id: string;
    };
    const before = await bench.state();
    const id = Id.replace("sha256:", "");
    const words = ` ---> ${id}\\n--> ${id}\\n ---> Running in ${container}\\n`;
    expect(await bench.open(bench.write(["FROM base:1", `RUN printf '${words}'; exit 1`]))).toMatchObject({
      ok: false,
      error: { code: "image-not-built" },
    });
    expect(await bench.state()).toEqual(before);
    expect(await bench.says(bench.write(["FROM base:1", `RUN printf '${words}'`]), "echo built")).toBe("built\n");
    for (const leftover of await bench.backend().leftovers()) await leftover.remove();
    expect(await bench.state()).toEqual(before);
    await bench.engine.tell(`/containers/${container}`, "DELETE");
  });

  test("a build ends when nobody wants it any more, or its time is over, and leaves nothing", async () => {
    const before = await bench.state();
    const server = new CountingServer();
    await using _ = await server.start();
    const text = ["FROM base:1", "RUN echo before >/before", `RUN wget -qO- ${server.url}/begun && sleep 1000`];
    const stop = new AbortController();
    const stopped = bench.open(bench.write(text), {}, stop.signal);
    await server.heard;
    stop.abort();
    expect(await stopped).toMatchObject({ ok: false, error: { code: "cancelled" } });
    expect(await bench.state()).toEqual(before);
    expect(await bench.open(bench.write(text), { timeoutMs: 3000 })).toMatchObject({
      ok: false,
      error: {
        code: "image-not-built",
        message: expect.stringMatching(/not ended when its 3 s were over \(rollout\.deadlines\.setupMs\)/),
      },
    });
    expect(await bench.state()).toEqual(before);
  });

  test.each(["SIGTERM", "SIGKILL"] as const)("an engine that goes away in the midst of it (%s) is what is told", async (signal) => {
    const server = new CountingServer();
    await using _ = await server.start();
    const opened = bench.open(bench.write(["FROM base:1", `RUN wget -qO- ${server.url}/begun && sleep 1000`]));
    await server.heard;
    await bench.engine.stop(signal);
    expect(await opened).toMatchObject({ ok: false, error: { code: "engine-unreachable", retryable: true, wholeRun: true } });
    await bench.engine.start();
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
