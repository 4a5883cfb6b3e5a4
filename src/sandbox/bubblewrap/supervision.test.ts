import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import { makeRepository } from "../conformance.ts";
import type { Sandbox } from "../sandbox.ts";
import { SupervisedSandbox } from "../supervised-sandbox.ts";
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
});
