import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import { makeRepository } from "../conformance/snapshot-place.conformance.ts";
import type { Sandbox, SandboxBackend } from "../sandbox.ts";
import { whyUnable } from "../why-unable.conformance.ts";
import { createBubblewrap } from "./bubblewrap.ts";
import { makeRoot } from "./image-fixture.conformance.ts";

const cacheRoot = mkdtempSync(join(tmpdir(), "apprentice-setup-layers-"));
const backend = createBubblewrap({ cacheRoot });
const unable = await whyUnable(backend);
const never = new AbortController().signal;
const limits = { memoryMiB: 512, processes: 96, workspaceMiB: 32 };

describe("layers of set-up", skippedIf(unable), () => {
  let scratch = "";
  beforeAll(() => {
    scratch = mkdtempSync(join(cacheRoot, "test-"));
    chmodSync(scratch, 0o755);
    makeRepository(join(scratch, "tree"), backend.snapshotOwner);
    makeRoot(join(scratch, "root"));
    execFileSync("tar", ["-cf", join(scratch, "root.tar"), "-C", join(scratch, "root"), "."]);
  });
  afterAll(() => rmSync(cacheRoot, { recursive: true, force: true }));

  async function open(command: string, image: string | null, on: SandboxBackend = backend): Promise<Sandbox> {
    const snapshot = { id: "layers", path: join(scratch, "tree") };
    return unwrap(await on.open({ snapshot, image, setup: { commands: [command], timeoutMs: 60_000 }, limits }, never));
  }

  async function said(sandbox: Sandbox, command: string): Promise<string> {
    return unwrap(await sandbox.run({ command, timeoutMs: 25_000, outputLimitBytes: 10_000 }, never)).output;
  }

  test.each(["root.tar", "root"])("an image changes for what is set up, and stays as it was (%s)", async (name) => {
    const image = join(scratch, name);
    const command =
      "echo set up >/opt/tool/added; rm /usr/bin/whoami; echo x >/top; echo new:x:7:7::/:/bin/sh >>/etc/added; ls -A /opt/tool";
    await using at = await open(command, image);
    expect(await said(at, "cat /opt/tool/added /opt/tool/version /top /etc/added; whoami; ls /etc; pwd; id -u")).toMatch(
      /^set up\nof the image\nx\nnew:.*\n.*whoami.*not found\nadded\npasswd\n\/testbed\n1000\n$/,
    );
    const root = join(cacheRoot, "setups");
    for (const key of readdirSync(root).filter((each) => /^[0-9a-f]{32}$/.test(each)))
      expect(readdirSync(join(root, key)).sort()).toEqual(["bytes", "names", "root", "usr", "workspace"]);
    await using plain = unwrap(await backend.open({ snapshot: { id: "layers", path: join(scratch, "tree") }, image, limits }, never));
    expect(await said(plain, "whoami; ls /opt/tool /top 2>&1")).toMatch(/^worker\n.*\/top.*\n\/opt\/tool:\nversion\n$/s);
  });

  test("what a killed process was making is swept, and made anew", async () => {
    const { promise: reached, resolve } = Promise.withResolvers<void>();
    const server = createServer((_, response) => {
      resolve();
      response.end();
    });
    const listening = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", listening.resolve);
    await listening.promise;
    const command = `[ -e /opt/again ] || exec 7<>/dev/tcp/127.0.0.1/${(server.address() as AddressInfo).port}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&7; cat <&7; sleep 100`;
    const setup = { commands: [command], timeoutMs: 60_000 };
    const request = { snapshot: { id: "layers", path: join(scratch, "tree") }, image: null, setup, limits };
    const program = `import { createBubblewrap } from ${JSON.stringify(join(import.meta.dirname, "bubblewrap.ts"))};
      await createBubblewrap({ cacheRoot: ${JSON.stringify(cacheRoot)} }).open(${JSON.stringify(request)}, new AbortController().signal);`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: "ignore" });
    const ended = new Promise((done) => child.once("exit", done));
    await reached;
    const making = (): string[] => readdirSync(join(cacheRoot, "setups")).filter((name) => name.startsWith(`making-${child.pid}-`));
    expect(making()).toHaveLength(1);
    await backend.sweep();
    expect(making()).toHaveLength(1);
    child.kill("SIGKILL");
    await ended;
    await backend.sweep();
    expect(making()).toEqual([]);
    server.close();
  });

  test("over the cap the least recently used go, those in use by a living process stay", async () => {
    const root = join(cacheRoot, "setups");
    const keys = (): string[] => readdirSync(root).filter((name) => /^[0-9a-f]{32}$/.test(name));
    const fill = "head -c 3000000 /dev/zero >/opt/zero; echo";
    const tight = createBubblewrap({ cacheRoot, setupsMiB: 1 });
    const before = keys();
    const [mark = ""] = readdirSync(join(root, "uses")).filter((name) => name.startsWith(before[0] ?? "none"));
    await (await open(`${fill} one`, null, tight))[Symbol.asyncDispose]();
    expect(keys().length).toBe(before.length + 1);
    // As if the process that had it open were gone.
    rmSync(join(root, "uses", mark));
    await (await open(`${fill} two`, null, tight))[Symbol.asyncDispose]();
    expect(existsSync(join(root, before[0] ?? ""))).toBe(false);
    expect(keys().length).toBe(before.length + 1);
  });
});
