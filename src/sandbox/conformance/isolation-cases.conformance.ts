import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { Bench } from "./bench.conformance.ts";

export function isolationCases(bench: Bench): void {
  test("a write through a link does not leave the sandbox", async () => {
    await using at = await bench.open();
    const folder = mkdtempSync(join(tmpdir(), "apprentice-victim-"));
    chmodSync(folder, 0o777);
    const victim = join(folder, "victim");
    writeFileSync(victim, "untouched", { mode: 0o666 });
    chmodSync(victim, 0o666);
    await at.says(`ln -s ${victim} evil; ln -s ${folder} evil-folder; ln -s /proc/1/root/etc/passwd proc`);
    expect(await at.read("/testbed/evil")).toEqual({ ok: false, problem: "missing" });
    expect(await at.write("/testbed/evil", "overwritten")).toMatchObject({ ok: false });
    expect(await at.write("/testbed/evil-folder/victim", "overwritten")).toMatchObject({ ok: false });
    expect(await at.write("/testbed/proc", "overwritten")).toMatchObject({ ok: false });
    expect(execFileSync("cat", [victim], { encoding: "utf8" })).toBe("untouched");
    rmSync(folder, { recursive: true });
  });

  test("nothing of our environment is seen, in any process", async () => {
    await using at = await bench.open();
    // What is looked for below must be in our own environment.
    expect(process.env["VITEST"]).toBeDefined();
    const seen = await at.says("env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'; true");
    expect(seen).not.toContain("VITEST");
    expect(seen).not.toContain(bench.backend.cacheRoot);
    const names = (await at.says("env")).split("\n").map((line) => line.split("=")[0]);
    const known = ["GIT_PAGER", "HOME", "LANG", "LC_ALL", "MANPAGER", "OLDPWD", "PAGER", "PATH", "PWD", "SHLVL", "_", ""];
    expect(names.filter((name) => !known.includes(name ?? ""))).toEqual([]);
  });

  test("no file, process or network of this host", async () => {
    const server = createServer((_, response) => response.end("reached"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await using at = await bench.open();
    expect((await at.run(`exec 3<>/dev/tcp/127.0.0.1/${port} && echo reached`)).output).not.toContain("reached\n");
    server.close();
    if (bench.image === null) {
      const folders = "/root /home /var/lib /sys /run /mnt /etc/shadow /etc/ssh";
      expect(await at.says(`ls -A ${folders} 2>/dev/null | grep -v : | sort -u; true`)).toBe("");
    }
    const marker = join(mkdtempSync(join(tmpdir(), "apprentice-marker-")), "marker");
    writeFileSync(marker, "of the host");
    for (const path of [marker, join(bench.place.path, "readme.md"), join(process.cwd(), "package.json"), process.execPath]) {
      expect({ path, seen: (await at.run(`cat '${path}'`)).exitCode === 0 }).toEqual({
        path,
        seen: bench.image === null && path.startsWith("/usr/"),
      });
    }
    rmSync(dirname(marker), { recursive: true });
    expect(await at.says("ls -A /tmp")).toBe("");
    expect((await at.says("ls -d /proc/[0-9]* | wc -l")).trim()).toMatch(/^[1-9]$/);
    expect(await at.says("cat /proc/net/dev | grep -c : ; true")).toBe("1\n");
  });

  test("no way to more rights", async () => {
    await using at = await bench.open();
    expect(await at.says("grep -E '^(CapEff|CapPrm|CapBnd|NoNewPrivs)' /proc/self/status | tr -s '\\t0 ' ' '")).toBe(
      "CapPrm: \nCapEff: \nCapBnd: \nNoNewPrivs: 1\n",
    );
    for (const command of [
      "mount -t tmpfs none /tmp",
      "mknod x c 1 3",
      "chroot / true",
      "echo x >/usr/x",
      "echo x >/x",
      "echo x >/dev/x",
      "echo x >/etc/x",
      "echo x >/init",
      "echo 1 >/proc/sys/kernel/panic",
      "chown 0 readme.md",
      "umount /testbed",
      "nsenter -t 1 -m true",
      // The date of busybox ends well though the clock would not move.
      "date -s '2001-02-03 04:05:06'; [ $(date +%Y) = 2001 ]",
    ]) {
      const done = await at.run(`{ ${command}; } 2>&1`);
      expect({ command, worked: done.exitCode === 0, output: done.output }).toMatchObject({ worked: false });
    }
  });

  test("killing everything leaves a sandbox that works", async () => {
    await using at = await bench.open();
    await at.run("kill -9 -1");
    expect(await at.says("echo next")).toBe("next\n");
    await at.run("sh -c 'kill -9 -1'; sleep 0.1");
    expect(await at.says("echo next")).toBe("next\n");
    await at.run("for s in 1 2 3 6 9 10 12 13 14 15; do kill -$s 1; kill -$s -1; done; true");
    expect(await at.run("echo next")).toMatchObject({ output: expect.stringContaining("next\n") });
    await at.run("exit");
    expect(await at.text("/testbed/readme.md")).toBe("this is readme.md\n");
  });
}

export function namespaceCases(bench: Bench): void {
  test("no user namespace of its own", async () => {
    await using at = await bench.open();
    expect((await at.run("unshare --user true")).exitCode).not.toBe(0);
  });
}
