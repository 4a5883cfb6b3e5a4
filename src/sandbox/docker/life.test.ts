import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import { makeRepository } from "../conformance/snapshot-place.conformance.ts";
import { ownLabel } from "../process-label.ts";
import type { Sandbox, SandboxBackend } from "../sandbox.ts";
import { createDocker } from "./docker.ts";
import { labelNames, ownHost } from "./names.ts";
import { TestEngine, whyNoEngine } from "./test-engine.conformance.ts";
import { makeBusyboxTar, whyNoBusybox } from "./test-images.conformance.ts";

const never = new AbortController().signal;
const limits = { memoryMiB: 256, processes: 64, workspaceMiB: 32, cpus: 0.5 };

describe("containers in an engine", skippedIf(whyNoEngine() ?? whyNoBusybox()), () => {
  let engine: TestEngine;
  let backend: SandboxBackend;
  let image = "";
  beforeAll(async () => {
    engine = new TestEngine();
    await engine.start();
    makeRepository(join(engine.folder, "tree"), null);
    image = makeBusyboxTar(engine.folder);
    backend = engine.backend();
  });
  afterAll(async () => await engine[Symbol.asyncDispose]());

  const request = () => ({ snapshot: { id: "one", path: join(engine.folder, "tree") }, image, limits });
  const run = async (sandbox: Sandbox, command: string) =>
    await sandbox.run({ command, timeoutMs: 60_000, outputLimitBytes: 10_000 }, never);

  async function containers(): Promise<{ readonly Id: string; readonly Labels: Readonly<Record<string, string>> }[]> {
    return (await engine.ask("/containers/json?all=1")) as { Id: string; Labels: Record<string, string> }[];
  }

  async function until(holds: () => Promise<boolean>): Promise<void> {
    while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  test("a container is bounded and cut off, and nothing is left of it once closed", async () => {
    const sandbox = unwrap(await backend.open(request(), never));
    const [{ Id } = { Id: "" }] = await containers();
    const inspected = (await engine.ask(`/containers/${Id}/json`)) as {
      readonly HostConfig: object;
      readonly Mounts: unknown[];
      readonly Config: object;
    };
    expect(inspected.HostConfig).toMatchObject({
      NetworkMode: "none",
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Memory: 256 * 1024 ** 2,
      MemorySwap: 256 * 1024 ** 2,
      NanoCpus: 500_000_000,
      PidsLimit: 80,
      Privileged: false,
      Binds: null,
      AutoRemove: true,
      LogConfig: { Type: "none" },
    });
    expect(inspected.Mounts).toEqual([]);
    const status = unwrap(await run(sandbox, "grep -E 'CapEff|CapBnd|NoNewPrivs|Uid' /proc/self/status; cat /proc/net/dev")).output;
    expect(status).toMatch(/Uid:\t1000\t1000\t1000\t1000\nCapEff:\t0{16}\nCapBnd:\t0{16}\nNoNewPrivs:\t1\n/);
    expect(status).not.toMatch(/eth0/);
    await sandbox[Symbol.asyncDispose]();
    expect(await containers()).toEqual([]);
    expect(await engine.ask("/volumes")).toMatchObject({ Volumes: [] });
  });

  test("a container that somebody kills takes its command along, and another can be opened", async () => {
    await using sandbox = unwrap(await backend.open(request(), never));
    const [{ Id } = { Id: "" }] = await containers();
    const running = run(sandbox, "echo begun; sleep 100");
    await until(async () => JSON.stringify(await engine.ask(`/containers/${Id}/top`)).includes("sleep"));
    await engine.tell(`/containers/${Id}/kill`);
    expect(await running).toMatchObject({
      ok: false,
      error: { boundary: "sandbox", code: "sandbox-died", retryable: true, wholeRun: false },
    });
    await using next = unwrap(await backend.open(request(), never));
    expect(unwrap(await run(next, "echo next")).output).toBe("next\n");
  });

  test("what a killed process leaves ends by itself, and a sweep removes the rest, but nothing of others", async () => {
    const script = `const { createDocker } = await import(${JSON.stringify(join(import.meta.dirname, "docker.ts"))});
      const options = { cacheRoot: ${JSON.stringify(join(engine.folder, "cache"))}, environment: ${JSON.stringify(engine.environment)} };
      const opened = await createDocker(options).open(${JSON.stringify(request())}, new AbortController().signal);
      console.log(opened.ok);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    expect(await new Promise((resolve) => child.stdout.once("data", (text: Buffer) => resolve(String(text))))).toBe("true\n");
    expect((await containers()).length).toBe(1);
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
    await until(async () => (await containers()).length === 0);

    const labels = async (name: string, run: string, host = ownHost()) => {
      const Labels = { name, [labelNames.run]: run, [labelNames.host]: host };
      const [base] = (await engine.ask("/images/json")) as { readonly Id: string }[];
      await engine.tell("/containers/create", "POST", { Image: base?.Id, Cmd: ["true"], Labels });
    };
    await labels("of a dead process", "1-1");
    await labels("of this process", await ownLabel());
    await labels("of another host", "1-1", "elsewhere");
    await engine.tell("/containers/create", "POST", {
      Image: ((await engine.ask("/images/json")) as { Id: string }[])[0]?.Id,
      Cmd: ["true"],
      Labels: { name: "of a user" },
    });
    await backend.sweep();
    const left = await containers();
    expect(new Set(left.map(({ Labels }) => Labels["name"]))).toEqual(new Set(["of a user", "of another host", "of this process"]));
    for (const { Id } of left) await engine.tell(`/containers/${Id}`, "DELETE");
  });

  test(
    "an engine that is gone in mid-command stops the run with one sentence; once it is back, all goes on",
    { timeout: 120_000 },
    async () => {
      const sandbox = unwrap(await backend.open(request(), never));
      const [{ Id } = { Id: "" }] = await containers();
      const running = run(sandbox, "echo begun; sleep 100");
      await until(async () => JSON.stringify(await engine.ask(`/containers/${Id}/top`)).includes("sleep"));
      await engine.stop("SIGKILL");
      const gone = { boundary: "sandbox", code: "engine-unreachable", wholeRun: true, retryable: true };
      const ended = await running;
      expect(ended).toMatchObject({ ok: false, error: gone });
      if (!ended.ok)
        expect(ended.error.message).toMatch(/^The container engine at .*engine\.sock does not answer .*: start it, or set DOCKER_HOST\.$/);
      expect(await backend.open(request(), never)).toMatchObject({ ok: false, error: gone });
      expect(await backend.imageId("busybox:1", never)).toMatchObject({ ok: false, error: gone });
      expect((await backend.probe())[0]).toMatchObject({
        ok: false,
        detail: expect.stringContaining("does not answer"),
        mend: expect.stringContaining("start it"),
      });
      await sandbox[Symbol.asyncDispose]();

      await engine.start();
      await until(async () => (await containers()).length === 0);
      await using next = unwrap(await backend.open(request(), never));
      expect(unwrap(await run(next, "cat readme.md")).output).toBe("this is readme.md\n");
    },
  );

  test("an engine that may not be asked is told apart from one that is not there", async () => {
    const elsewhere = createDocker({ environment: { DOCKER_HOST: "unix:///none/engine.sock" } });
    expect(await elsewhere.open(request(), never)).toMatchObject({ ok: false, error: { code: "engine-unreachable", wholeRun: true } });
    const ssh = createDocker({ environment: { DOCKER_HOST: "ssh://host" } });
    expect(await ssh.open(request(), never)).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("forward the socket") },
    });
  });

  test("a stop while a sandbox is being opened leaves nothing", async () => {
    for (let rounds = 0; rounds < 12; rounds++) {
      const stop = new AbortController();
      const opening = backend.open(request(), stop.signal);
      await until(async () => (await containers()).length > 0);
      stop.abort();
      const opened = await opening;
      if (opened.ok) await opened.value[Symbol.asyncDispose]();
      else expect(opened.error.code).toBe("cancelled");
      expect(await containers()).toEqual([]);
    }
  });
});
