import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import { DockerfileBench } from "./dockerfile-bench.conformance.ts";
import { whyNoEngine } from "./test-engine.conformance.ts";
import { whyNoBusybox } from "./test-images.conformance.ts";

const never = new AbortController().signal;

describe("a Dockerfile as image", skippedIf(whyNoEngine() ?? whyNoBusybox()), () => {
  const bench = new DockerfileBench();
  beforeAll(() => bench.start());
  afterAll(async () => await bench[Symbol.asyncDispose]());

  test("is built of the commit's files, and serves the agent with its programs and environment", async () => {
    const image = bench.write([
      "FROM base:1",
      "COPY readme.md /opt/readme",
      "ENV PATH=/opt/tool:$PATH GREETING=hello",
      "RUN mkdir /opt/tool && printf '#!/bin/sh\\necho a tool\\n' >/opt/tool/a-tool && chmod +x /opt/tool/a-tool",
    ]);
    expect(await bench.says(image, "a-tool; echo $GREETING; cat /opt/readme; pwd; id -u")).toBe(
      "a tool\nhello\nthis is readme.md\n/testbed\n1000\n",
    );
  });

  test("is built once for the files that it may copy, however many ask and however it is called", async () => {
    const text = ["FROM base:1", "COPY . /opt/context", "RUN head -c 8 /dev/urandom | md5sum >/opt/drawn"];
    const ignoring = { ".dockerignore": "unseen\n" };
    const one = bench.snapshotWith({ ...ignoring, unseen: "1" });
    const other = bench.snapshotWith({ ...ignoring, unseen: "2" });
    const changed = bench.snapshotWith({ ...ignoring, seen: "3" });
    const drawn = (snapshot: typeof one, by = bench.backend()) => bench.says(bench.write(text), "cat /opt/drawn", { snapshot, by });
    const by = bench.backend();
    const [first, ...same] = await Promise.all([drawn(one, by), drawn(one, by), drawn(other, by)]);
    same.push(await drawn(other));
    expect(first).toMatch(/^[0-9a-f]{32}/);
    expect(new Set([first, ...same]).size).toBe(1);
    expect(await drawn(changed)).not.toBe(first);
    const image = bench.write(text);
    const id = await by.imageId(image, never);
    expect(id).toMatchObject({ ok: true, value: expect.stringMatching(/^dockerfile:[0-9a-f]{64}$/) });
    expect(await bench.backend().imageId(bench.write(text), never)).toEqual(id);
    expect(await by.imageId(bench.write([...text, "RUN true"]), never)).not.toEqual(id);
    writeFileSync(image, "FROM other:1\n");
    expect(await by.imageId(image, never)).toEqual(id);
    writeFileSync(image, `${text.join("\n")}\n`);
    writeFileSync(`${image}.dockerignore`, "src\n");
    expect(await bench.backend().imageId(image, never)).not.toEqual(id);
  });

  test("may copy what is committed, less what is to be ignored, and none of what we add", async () => {
    const snapshot = bench.snapshotWith({
      ".dockerignore": "docs\n*/ignored.*\n!src/ignored.but\n",
      "src/ignored.txt": "",
      "src/ignored.but": "",
    });
    const image = bench.write(["FROM base:1", "COPY . /opt/context"]);
    const listing = "cd /opt/context; find . -type f -o -type l | sort";
    const files = await bench.says(image, listing, { snapshot });
    expect(files).toContain("./src/ignored.but\n");
    expect(files).toContain("./.dockerignore\n");
    expect(files).toContain("./naïve name.txt\n");
    expect(files).not.toMatch(/git|docs|ignored\.txt|apprentice|ockerfile/);
    const own = bench.write(["FROM base:1", "COPY . /opt/context"], "own.dockerfile");
    writeFileSync(`${own}.dockerignore`, "**\n!docs\n");
    expect(await bench.says(own, listing, { snapshot })).toBe("./docs/one.md\n./docs/two.md\n");
    const nothing = bench.write(["FROM base:1", "RUN echo none >/none"]);
    writeFileSync(`${nothing}.dockerignore`, "**\n");
    expect(await bench.says(nothing, "cat /none")).toBe("none\n");
  });

  test("sees the user's proxies, which the image does not keep and no failure tells", async () => {
    const networkUser = {
      environment: { HTTPS_PROXY: "http://me:proxy-pass@proxy.example:1", OPENAI_API_KEY: "sk-mine" },
      home: bench.engine.folder,
    };
    const by = bench.backend({ networkUser });
    const image = bench.write(["FROM base:1", "RUN echo $HTTPS_PROXY $OPENAI_API_KEY | tr a-z A-Z >/seen", "ENV KEPT=1"]);
    await using sandbox = unwrap(await bench.open(image, { by }));
    expect(await bench.said(sandbox, "cat /seen; env | grep -ci proxy")).toBe("HTTP://ME:PROXY-PASS@PROXY.EXAMPLE:1\n0\n");
    const images = (await bench.engine.ask("/images/json?all=1")) as { readonly Id: string }[];
    for (const { Id } of images) {
      const told = JSON.stringify([await bench.engine.ask(`/images/${Id}/json`), await bench.engine.ask(`/images/${Id}/history`)]);
      expect(told).not.toMatch(/proxy-pass|sk-mine/);
    }
    const failed = await bench.open(bench.write(["FROM base:1", "RUN echo $HTTPS_PROXY; exit 1"]), { by });
    expect(failed).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/Its last lines:[^]*http:\/\/.*@proxy\.example:1/) },
    });
    expect(JSON.stringify(failed)).not.toContain("proxy-pass");
  });

  test("what it says of how it is run does not reach the sandbox, nor do its volumes", async () => {
    const image = bench.write([
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
    expect(await bench.says(image, check)).toMatch(/^out\ndata\nthis is readme\.md\n1000\n\/tmp\n.*\/data\/x: Permission denied\n$/);
    expect(await bench.says(image, "cat out/file by-set-up", { commands: ["cat out/file >by-set-up"] })).toBe("out\nout\n");
    expect(await bench.engine.ask("/volumes")).toMatchObject({ Volumes: [] });
  });

  test("what was built is ours to count and to remove, with its stages, and is built again where it went", async () => {
    const image = bench.write([
      "FROM base:1 AS one",
      "RUN echo one >/one",
      "FROM base:1",
      "RUN head -c 3000000 /dev/urandom >/large",
      "COPY --from=one /one /",
    ]);
    const by = bench.backend();
    expect(await bench.says(image, "cat /one", { by })).toBe("one\n");
    await bench.engine.removeOurs();
    expect(await bench.says(image, "cat /one", { by })).toBe("one\n");
    await bench.says(bench.write(["FROM base:1", "RUN echo more >/more"]), "cat /more", { by: bench.backend({ imagesMiB: 1 }) });
    expect(await tags("apprentice-build")).toHaveLength(1);
    for (const leftover of await bench.backend().leftovers()) if (leftover.kind === "image") await leftover.remove();
    const left = (await bench.engine.ask("/images/json?all=1")) as { readonly RepoTags: readonly string[] | null }[];
    expect(left.map(({ RepoTags }) => RepoTags)).toEqual([["base:1"]]);
  });

  async function tags(start: string): Promise<string[]> {
    const images = (await bench.engine.ask("/images/json")) as { readonly RepoTags: readonly string[] | null }[];
    return images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.startsWith(start));
  }
});
