import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { extract } from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import { makeRepository } from "../conformance/snapshot-place.conformance.ts";
import type { Sandbox } from "../sandbox.ts";
import { TestEngine, whyNoEngine } from "./test-engine.conformance.ts";
import { debianTar, makeBusyboxTar, tarOf, whyNoBusybox, whyNoDebian } from "./test-images.conformance.ts";

const never = new AbortController().signal;
const limits = { memoryMiB: 256, processes: 64, workspaceMiB: 32 };

describe("what an image has in the workspace", skippedIf(whyNoEngine() ?? whyNoBusybox()), () => {
  let engine: TestEngine;
  let counter = 0;
  beforeAll(async () => {
    engine = new TestEngine();
    await engine.start();
    makeRepository(join(engine.folder, "tree"), null);
    makeBusyboxTar(engine.folder);
  });
  afterAll(async () => await engine[Symbol.asyncDispose]());

  /** Busybox's image with a workspace, which `fill` fills. */
  function imageWith(fill: (workspace: string) => void): string {
    const root = join(engine.folder, `image-${counter++}`);
    cpSync(join(engine.folder, "busybox"), root, { recursive: true, verbatimSymlinks: true });
    mkdirSync(join(root, "testbed"));
    fill(join(root, "testbed"));
    return tarOf(root);
  }

  const write = (path: string, content = ""): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  };

  const open = async (image: string, commands: readonly string[] = []) => {
    const snapshot = { id: "one", path: join(engine.folder, "tree") };
    return unwrap(await engine.backend().open({ snapshot, image, limits, setup: { commands, timeoutMs: 60_000 } }, never));
  };

  async function said(sandbox: Sandbox, command: string): Promise<string> {
    return unwrap(await sandbox.run({ command, timeoutMs: 20_000, outputLimitBytes: 10_000 }, never)).output;
  }

  /** What a patch would delete, and what is new in it. */
  async function exported(sandbox: Sandbox): Promise<{ readonly deleted: readonly string[]; readonly paths: readonly string[] }> {
    const tree = unwrap(await sandbox.exportTree({ final: true }, never));
    const paths: string[] = [];
    const entries = extract();
    tree.tar.pipe(entries);
    for await (const entry of entries) {
      if (!existsSync(join(engine.folder, "tree", entry.header.name))) paths.push(entry.header.name);
      await text(entry);
    }
    return { deleted: tree.deleted, paths: paths.sort() };
  }

  const built = (workspace: string): void => {
    write(join(workspace, "made/by/image"), "of the image\n");
    write(join(workspace, "readme.md"), "another readme\n");
    write(join(workspace, "src/made.o"), "object\n");
    write(join(workspace, "naïve [1] *.o"), "odd\n");
    write(join(workspace, "two\nlines"), "");
    write(join(workspace, ".git/config"), "[alias]\n");
  };

  test("is the agent's where the snapshot has nothing of the name, and part of no patch; the rest is the snapshot's", async () => {
    const image = imageWith(built);
    for (const isFirst of [true, false]) {
      await using sandbox = await open(image);
      expect(await said(sandbox, "cat made/by/image src/made.o 'naïve [1] *.o' readme.md; ls two*; ls .git/config")).toMatch(
        /^of the image\nobject\nodd\nthis is readme\.md\nls: two.*\n\.git\/config\n$/,
      );
      expect(await said(sandbox, "grep -v '^#' .git/info/exclude; grep -c alias .git/config")).toBe(
        "/made\n/na\u00efve\\ \\[1\\]\\ \\*.o\n/src/made.o\n0\n",
      );
      const change = "echo more >>made/by/image; echo new >made/new; rm src/made.o; echo changed >>readme.md; echo mine >mine";
      expect(await said(sandbox, `${change}; stat -c %u made src readme.md`)).toBe("1000\n1000\n1000\n");
      expect(await exported(sandbox), isFirst ? "made" : "found").toEqual({ deleted: [], paths: ["mine"] });
    }
  });

  test("set-up commands find it, and may change and remove it", async () => {
    const image = imageWith(built);
    const commands = ["echo by set-up >>made/by/image; rm src/made.o; echo new >made/new; echo top >top; echo x >>readme.md"];
    await using sandbox = await open(image, commands);
    expect(await said(sandbox, "cat made/by/image made/new top readme.md; ls src/made.o; stat -c %u made/new top")).toMatch(
      /^of the image\nby set-up\nnew\ntop\nthis is readme\.md\nls: .*\n1000\n1000\n$/,
    );
    expect(await said(sandbox, "grep -v '^#' .git/info/exclude")).toContain("/top\n");
    await said(sandbox, "echo x >>made/new; echo x >>top; echo mine >mine");
    expect(await exported(sandbox)).toEqual({ deleted: [], paths: ["mine"] });
  });

  test("a file for a folder, a folder for a file and links between them give way", async () => {
    const image = imageWith((workspace) => {
      write(join(workspace, "src"), "a file\n");
      write(join(workspace, "readme.md/inside"), "");
      symlinkSync("/etc", join(workspace, "docs"));
    });
    await using sandbox = await open(image);
    expect(await said(sandbox, "cat readme.md; ls -d src docs/one.md; ls -ld docs | cut -c1; ls /etc/one.md")).toMatch(
      /^this is readme\.md\ndocs\/one\.md\nsrc\nd\nls: /,
    );
    expect(await exported(sandbox)).toEqual({ deleted: [], paths: [] });
  });

  test("a workspace that is a link is none", async () => {
    const root = imageWith(() => {}).replace(/\.tar$/, "");
    execFileSync("sh", ["-c", 'rmdir "$1/testbed"; mkdir "$1/app"; echo x >"$1/app/x"; ln -s /app "$1/testbed"', "sh", root]);
    await using sandbox = await open(tarOf(root));
    expect(await said(sandbox, "pwd -P; ls x 2>&1; cat readme.md; ls /app")).toMatch(/^\/testbed\nls: x.*\nthis is readme\.md\nx\n$/);
  });

  test("what the image's own git tracks is of another commit, and goes", skippedIf(whyNoDebian()), async () => {
    await engine.importImage(debianTar, "debian:1");
    const dockerfile = join(engine.folder, "Dockerfile");
    const git = "git -c user.name=a -c user.email=a@b";
    const steps = [
      "FROM debian:1",
      "WORKDIR /testbed",
      `RUN git init -q . && mkdir -p later docs && touch later/held-out.py docs/one.md && git add -A && ${git} commit -qm x && mkdir venv && touch venv/tool later/cache`,
    ];
    writeFileSync(dockerfile, steps.join("\n"));
    await using sandbox = await open(dockerfile);
    expect(await said(sandbox, "find later venv docs/one.md; git status --porcelain; git log --oneline | wc -l")).toBe(
      "later\nlater/cache\nvenv\nvenv/tool\ndocs/one.md\n1\n",
    );
  });
});
