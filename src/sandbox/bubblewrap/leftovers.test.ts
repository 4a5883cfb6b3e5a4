import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import { makeRepository } from "../conformance/snapshot-place.conformance.ts";
import { runs } from "../running-processes.conformance.ts";
import { whyUnable } from "../why-unable.conformance.ts";
import { createBubblewrap } from "./bubblewrap.ts";

const backend = createBubblewrap();
const unable = await whyUnable(backend);
const never = new AbortController().signal;
const limits = { memoryMiB: 512, processes: 96, workspaceMiB: 32 };

function cgroupsOf(pid: number): string[] {
  const parents = ["/sys/fs/cgroup/memory/apprentice", "/sys/fs/cgroup/pids/apprentice", "/sys/fs/cgroup/apprentice"];
  return parents.flatMap((parent) => (existsSync(parent) ? readdirSync(parent).filter((name) => name.startsWith(`${pid}-`)) : []));
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe("what a sandbox leaves", skippedIf(unable), () => {
  let folder = "";
  beforeAll(() => {
    // A folder that only we may enter, as a home often is.
    folder = mkdtempSync(join(tmpdir(), "apprentice-private-"));
    makeRepository(join(folder, "tree"), backend.snapshotOwner);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("nothing, once closed, whatever ran in it; the snapshot may lie where the sandbox's user can not go", async () => {
    const files = readdirSync("/proc/self/fd").length;
    const sandbox = unwrap(await backend.open({ snapshot: { id: "x", path: join(folder, "tree") }, image: null, limits }, never));
    const mark = `${process.pid}.${Date.now() % 1e6}`;
    const command = `cat readme.md; for i in 1 2 3; do (trap '' TERM HUP INT; setsid sleep 9${mark} &) ; done`;
    const ran = unwrap(await sandbox.run({ command, timeoutMs: 20_000, outputLimitBytes: 1000 }, never));
    expect(ran.output).toBe("this is readme.md\n");
    await until(() => runs(`9${mark}`));
    const cgroups = cgroupsOf(process.pid);
    await sandbox[Symbol.asyncDispose]();
    expect(runs(`9${mark}`)).toBe(false);
    expect(cgroupsOf(process.pid).length).toBeLessThanOrEqual(Math.max(0, cgroups.length - 1));
    await until(() => readdirSync("/proc/self/fd").length <= files);
  });

  test("no process after our own was killed; a sweep removes the empty cgroups", async () => {
    const mark = `8${process.pid}.${Date.now() % 1e6}`;
    const script = `const { createBubblewrap } = await import(${JSON.stringify(join(import.meta.dirname, "bubblewrap.ts"))});
      const never = new AbortController().signal;
      const snapshot = { id: "x", path: ${JSON.stringify(join(folder, "tree"))} };
      const opened = await createBubblewrap().open({ snapshot, image: null, limits: ${JSON.stringify(limits)} }, never);
      await opened.value.run({ command: "trap '' TERM; sleep ${mark} & echo", timeoutMs: 9000, outputLimitBytes: 9 }, never);
      console.log("ready");
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    await until(() => runs(mark));
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
    await until(() => !argumentsFound(mark));
    await until(() => sweptOf(child.pid ?? 0));
    expect(cgroupsOf(child.pid ?? 0)).toEqual([]);

    function argumentsFound(text: string): boolean {
      return runs(`sleep\0${text}`);
    }
    function sweptOf(pid: number): boolean {
      void backend.sweep();
      return cgroupsOf(pid).length === 0;
    }
  });

  test("without room for more open files, opening says so in a sentence", async () => {
    const script = `const { createBubblewrap } = await import(${JSON.stringify(join(import.meta.dirname, "bubblewrap.ts"))});
      const request = { snapshot: { id: "x", path: ${JSON.stringify(join(folder, "tree"))} }, image: null, limits: ${JSON.stringify(limits)} };
      const backend = createBubblewrap();
      const open = () => backend.open(request, new AbortController().signal);
      const [first, second] = [await open(), await open()];
      console.log(first.ok, second.ok || second.error.code + " " + second.error.message);
      await first.value[Symbol.asyncDispose]();
      const third = await open();
      console.log(third.ok);
      await third.value[Symbol.asyncDispose]();`;
    const limited = ["-c", 'ulimit -n 105; exec "$@"', "sh", process.execPath, "--input-type=module", "-e", script];
    const child = spawn("/bin/sh", limited, { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    for await (const chunk of child.stdout) said += String(chunk);
    expect(said).toMatch(/^true too-many-open-files 1 sandboxes are open .* 105 files open: raise the limit .*\ntrue\n$/);
  });
});
