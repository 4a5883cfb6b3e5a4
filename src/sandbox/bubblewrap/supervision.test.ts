import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import { makeRepository } from "../conformance/snapshot-place.conformance.ts";
import type { Sandbox } from "../sandbox.ts";
import { SupervisedSandbox } from "../supervised-sandbox.ts";
import { runs } from "../running-processes.conformance.ts";
import { whyUnable } from "../why-unable.conformance.ts";
import { createBubblewrap } from "./bubblewrap.ts";
import { bwrapArguments } from "./bwrap-arguments.ts";
import { closeSandbox, launch } from "./launch.ts";
import { hostRoot } from "./root-folder.ts";
import { readScript, writeSupportFiles } from "./support-files.ts";

const backend = createBubblewrap();
const unable = await whyUnable(backend);
const never = new AbortController().signal;
const limits = { memoryMiB: 512, processes: 96, workspaceMiB: 32 };

async function outputOf(sandbox: Sandbox, command: string): Promise<string> {
  return unwrap(await sandbox.run({ command, timeoutMs: 20_000, outputLimitBytes: 10_000 }, never)).output;
}

describe("what keeps a sandbox's agent from its supervisor and from us", skippedIf(unable), () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "apprentice-supervision-"));
    makeRepository(join(folder, "tree"), backend.snapshotOwner);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function open(): Promise<Sandbox> {
    return unwrap(await backend.open({ snapshot: { id: "x", path: join(folder, "tree") }, image: null, limits }, never));
  }

  test("the agent's shell has one socket, its input, and what it starts has none", async () => {
    await using sandbox = await open();
    const sockets = "readlink /proc/$$/fd/* | grep socket | sort -u | wc -l; readlink /proc/self/fd/* | grep socket";
    expect(await outputOf(sandbox, sockets)).toBe("1\n");
    expect(await outputOf(sandbox, "for fd in 3 6; do { printf forged >&$fd; } 2>/dev/null && echo $fd is open; done; echo no more")).toBe(
      "no more\n",
    );
  });

  test("a kill of the agent's own process group stays within the sandbox", async () => {
    await using sandbox = await open();
    await outputOf(sandbox, "kill -9 0");
    expect(await outputOf(sandbox, "echo next")).toBe("next\n");
  });

  test("where no control group bounds it, the supervisor bounds processes and memory, and the agent can not undo it", async () => {
    const support = await writeSupportFiles(backend.cacheRoot);
    const root = await hostRoot();
    const launched = launch({
      snapshotPath: join(folder, "tree"),
      user: backend.snapshotOwner,
      cgroupJoins: [],
      enterArguments: ["32"],
      bwrapArguments: bwrapArguments({ root, support, workspaceMiB: 32, layered: false }),
      enterScript: readScript("enter.sh"),
      environment: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
    });
    const { control, shellInput, output } = launched;
    const supervised = new SupervisedSandbox({
      secret: randomBytes(16).toString("hex"),
      control,
      shellInput,
      output,
      limits: { processes: 24, dataKiB: 64 * 1024 },
      close: () => closeSandbox(launched, null),
      exportWorkspace: () => Promise.reject(new Error("nothing is exported here")),
    });
    await using sandbox = unwrap(await supervised.opened(20_000, never));
    await outputOf(sandbox, "sh -c 'i=0; while [ $i -lt 40 ]; do sleep 60 & i=$((i+1)); done'");
    expect(Number(await outputOf(sandbox, "set -- /proc/[0-9]*; echo $#"))).toBeLessThan(30);
    await outputOf(sandbox, "kill -9 -1");
    await outputOf(sandbox, "ulimit -u 1000; ulimit -d 1000000");
    expect(await outputOf(sandbox, "ulimit -u; ulimit -Hu; ulimit -d; ulimit -Hd")).toBe("24\n24\n65536\n65536\n");
    expect(await outputOf(sandbox, "head -c 200000000 /dev/zero | tail -c 150000000 | wc -c")).toMatch(/exhausted/);
  });

  test("no process after our own was killed, even where the agent has stopped its supervisor's server", async () => {
    const mark = `7${process.pid}.${Date.now() % 1e6}`;
    const command = `sleep ${mark} & for p in /proc/[0-9]*; do p=\${p#/proc/}; case $p in 1|$$|$!) ;; *) kill -STOP $p ;; esac; done; echo`;
    const script = `const { createBubblewrap } = await import(${JSON.stringify(join(import.meta.dirname, "bubblewrap.ts"))});
      const never = new AbortController().signal;
      const snapshot = { id: "x", path: ${JSON.stringify(join(folder, "tree"))} };
      const opened = await createBubblewrap().open({ snapshot, image: null, limits: ${JSON.stringify(limits)} }, never);
      const ran = await opened.value.run({ command: ${JSON.stringify(command)}, timeoutMs: 9000, outputLimitBytes: 9 }, never);
      console.log(ran.ok && ran.value.ended);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    expect(String(await new Promise((resolve) => child.stdout.once("data", resolve)))).toBe("completed\n");
    expect(runs(mark)).toBe(true);
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
    try {
      await expect.poll(() => runs(mark), { timeout: 20_000 }).toBe(false);
    } finally {
      await backend.sweep();
    }
  });
});
