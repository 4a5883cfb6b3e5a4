import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { unwrap } from "../../base/result.ts";
import { makeRepository } from "../conformance/snapshot-place.conformance.ts";
import type { Sandbox, SandboxBackend } from "../sandbox.ts";
import type { DockerOptions } from "./docker.ts";
import { TestEngine } from "./test-engine.conformance.ts";
import { makeBusyboxTar } from "./test-images.conformance.ts";

const never = new AbortController().signal;
const limits = { memoryMiB: 256, processes: 64, workspaceMiB: 32 };

export interface Wanted {
  readonly by?: SandboxBackend;
  readonly snapshot?: { readonly id: string; readonly path: string };
  readonly timeoutMs?: number;
  readonly commands?: readonly string[];
}

/** An engine with the image base:1 (busybox), a snapshot, and Dockerfiles as tests write them. */
export class DockerfileBench implements AsyncDisposable {
  #engine: TestEngine | null = null;
  #counter = 0;

  get engine(): TestEngine {
    if (this.#engine === null) throw new Error("the bench has not begun");
    return this.#engine;
  }

  async start(): Promise<void> {
    this.#engine = new TestEngine();
    await this.engine.start();
    makeRepository(join(this.engine.folder, "tree"), null);
    await this.engine.importImage(makeBusyboxTar(this.engine.folder), "base:1");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine?.[Symbol.asyncDispose]();
  }

  backend(options: DockerOptions = {}): SandboxBackend {
    return this.engine.backend(options);
  }

  /** In a folder of its own, where nothing else is. */
  write(text: string | readonly string[], name = "Dockerfile"): string {
    const path = join(this.engine.folder, `dockerfile-${this.#counter++}`, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof text === "string" ? text : `${text.join("\n")}\n`);
    return path;
  }

  /** A snapshot like the one of the tests, with other files. */
  snapshotWith(files: Readonly<Record<string, string>>): { readonly id: string; readonly path: string } {
    const path = join(this.engine.folder, `tree-${this.#counter++}`);
    cpSync(join(this.engine.folder, "tree"), path, { recursive: true, verbatimSymlinks: true });
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    }
    const git = (...args: string[]) => execFileSync("git", ["-C", path, "-c", "user.name=a", "-c", "user.email=a@b", ...args]);
    git("add", "-Af");
    git("commit", "-qm", "more");
    return { id: path, path };
  }

  async open(image: string, wanted: Wanted = {}, signal = never) {
    const tree = { id: "one", path: join(this.engine.folder, "tree") };
    const { by = this.backend(), snapshot = tree, timeoutMs = 60_000, commands = [] } = wanted;
    return await by.open({ snapshot, image, limits, setup: { commands, timeoutMs } }, signal);
  }

  async said(sandbox: Sandbox, command: string): Promise<string> {
    return unwrap(await sandbox.run({ command, timeoutMs: 20_000, outputLimitBytes: 10_000 }, never)).output;
  }

  async says(image: string, command: string, wanted: Wanted = {}): Promise<string> {
    await using sandbox = unwrap(await this.open(image, wanted));
    return await this.said(sandbox, command);
  }

  /** Every image and every container, whoever made it. */
  async state(): Promise<unknown> {
    const images = (await this.engine.ask("/images/json?all=1")) as { readonly Id: string }[];
    return { images: images.map(({ Id }) => Id).sort(), containers: await this.engine.ask("/containers/json?all=1") };
  }
}
