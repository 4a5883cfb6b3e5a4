import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { extract } from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { skippedIf } from "../base/skipped-if.conformance.ts";
import { makeRepository } from "./conformance/snapshot-place.conformance.ts";
import type { NetworkUser } from "./network-settings.ts";
import type { Sandbox, SandboxBackend } from "./sandbox.ts";

export interface SetupConformance {
  /** A backend whose set-up commands see what this user has. Another call gives another, on the same cache. */
  readonly backend: (networkUser: NetworkUser) => SandboxBackend;
  readonly unable: string | null;
  /** With bash, cat, ls, and git. */
  readonly image: () => string | null;
}

const never = new AbortController().signal;
const limits = { memoryMiB: 512, processes: 96, workspaceMiB: 32 };
let counter = 0;

/** What every backend that runs set-up commands must do. Network is a server on this host's loopback. */
export function setupConformance(name: string, setup: SetupConformance): void {
  describe(`set-up in ${name}`, skippedIf(setup.unable), () => {
    const bench = new SetupBench(setup);
    beforeAll(() => bench.make());
    afterAll(() => bench.remove());
    resultCases(bench);
    workspaceCases(bench);
    secrecyCases(bench);
    failureCases(bench);
  });
}

/** A repository, a server that counts who asks, and a user with settings. */
class SetupBench {
  readonly #setup: SetupConformance;
  readonly #asked: string[] = [];
  readonly #server: Server;
  #port = 0;
  #folder = "";
  readonly #home = mkdtempSync(join(tmpdir(), "apprentice-home-"));
  readonly backend: SandboxBackend;

  constructor(setup: SetupConformance) {
    this.#setup = setup;
    this.backend = this.another();
    this.#server = createServer((request, response) => {
      this.#asked.push(request.url ?? "");
      response.end("from the network\n");
    });
  }

  async make(): Promise<void> {
    writeFileSync(join(this.#home, ".npmrc"), "registry=https://me:npm-pass@npm.example/\n//npm.example/:_authToken=npm-token\n");
    mkdirSync(join(this.#home, ".config/pip"), { recursive: true });
    writeFileSync(join(this.#home, ".config/pip/pip.conf"), "[global]\nindex-url = https://me:pip-pass@pypi.example/simple\ncert = /x\n");
    writeFileSync(join(this.#home, "authorities.pem"), "authorities of this user\n");
    mkdirSync(this.backend.cacheRoot, { recursive: true });
    if (this.backend.snapshotOwner !== null) chmodSync(this.backend.cacheRoot, 0o711);
    this.#folder = mkdtempSync(join(this.backend.cacheRoot, "setup-"));
    chmodSync(this.#folder, 0o755);
    makeRepository(join(this.#folder, "tree"), this.backend.snapshotOwner);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  remove(): void {
    this.#server.close();
    for (const folder of [this.#folder, this.#home]) rmSync(folder, { recursive: true, force: true });
  }

  another(): SandboxBackend {
    const environment = {
      HTTPS_PROXY: "http://user:proxy-pass@proxy.example:3128",
      PIP_EXTRA_INDEX_URL: "https://me:extra-pass@extra.example/simple",
      SSL_CERT_FILE: join(this.#home, "authorities.pem"),
      OPENAI_API_KEY: "sk-of-the-user",
    };
    return this.#setup.backend({ environment, home: this.#home });
  }

  async open(
    commands: readonly string[],
    more: { readonly backend?: SandboxBackend; readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ) {
    const { backend = this.backend, timeoutMs = 60_000, signal = never } = more;
    const snapshot = { id: `setup-${this.#folder}`, path: join(this.#folder, "tree") };
    return await backend.open({ snapshot, image: this.#setup.image(), setup: { commands, timeoutMs }, limits }, signal);
  }

  /** A command that gets a path of the server, and prints what it says. */
  fetching(path: string): string {
    return `exec 7<>/dev/tcp/127.0.0.1/${this.#port} && printf 'GET ${path} HTTP/1.0\\r\\n\\r\\n' >&7 && cat <&7`;
  }

  timesAsked(path: string): number {
    return this.#asked.filter((asked) => asked === path).length;
  }

  /** A path that nothing asked for yet. */
  newPath(): string {
    return `/${counter++}`;
  }
}

async function said(sandbox: Sandbox, command: string): Promise<string> {
  return unwrap(await sandbox.run({ command, timeoutMs: 25_000, outputLimitBytes: 1_000_000 }, never)).output;
}

function resultCases(bench: SetupBench): void {
  test("what it installs anywhere is there, in every sandbox, and was done once", async () => {
    const path = bench.newPath();
    const commands = [
      bench.fetching(path),
      "cd src; KEPT=1",
      "mkdir -p /opt/tool && pwd >/opt/tool/where && echo $KEPT $(id -u) >>/opt/tool/where && mkdir -p /newly/made && echo new >/newly/made/x",
      "printf '#!/bin/sh\\necho a tool\\n' >/usr/local/bin/a-tool && chmod +x /usr/local/bin/a-tool; rm -f /usr/bin/yes",
      "mkdir /testbed/made && echo made >/testbed/made/file",
    ];
    const opened = await Promise.all([bench.open(commands), bench.open(commands), bench.open(commands)]);
    for (const result of opened) {
      await using sandbox = unwrap(result);
      expect(await said(sandbox, "a-tool; cat /opt/tool/where /newly/made/x made/file; pwd; ls /usr/bin/yes 2>&1; id -u")).toMatch(
        /^a tool\n\/testbed\/src\n1 0\nnew\nmade\n\/testbed\nls: .*yes.*\n1000\n$/,
      );
      expect(await said(sandbox, "echo x >/opt/tool/where")).toMatch(/read-only|denied/i);
      expect(await said(sandbox, "echo more >>made/file; cat made/file readme.md; git log --oneline | wc -l")).toBe(
        "made\nmore\nthis is readme.md\n1\n",
      );
    }
    await using later = unwrap(await bench.open(commands, { backend: bench.another() }));
    expect(await said(later, "cat made/file")).toBe("made\n");
    expect(bench.timesAsked(path)).toBe(1);
  });

  test("other commands are another set-up, and none is none", async () => {
    await using first = unwrap(await bench.open(["echo one >/testbed/which"]));
    await using second = unwrap(await bench.open(["echo two >/testbed/which"]));
    await using none = unwrap(await bench.open([]));
    expect(await said(first, "cat which")).toBe("one\n");
    expect(await said(second, "cat which")).toBe("two\n");
    expect(await said(none, "ls which 2>&1")).toMatch(/No such file/);
  });
}

function workspaceCases(bench: SetupBench): void {
  const commands = [
    "echo n >\"$(printf 'two\\nlines')\"; mkdir -p node_modules/a 'src/odd [*] name' && echo x >node_modules/a/x && echo y >'src/odd [*] name/y' && echo z >'src/inner/!new '",
    "echo changed >readme.md && rm docs/one.md && rm -rf moved && mkdir moved && echo new >moved/new && rm link && ln -s /etc/passwd link",
    "git config user.name Nobody && echo '#!/bin/sh' >.git/hooks/pre-commit && git add --all && git -c user.email=x@y commit -qm More",
  ];

  test("the snapshot's own files are as they were, and git is clean", async () => {
    await using at = unwrap(await bench.open(commands));
    expect(
      await said(at, "git status --porcelain; git log --oneline | wc -l; git config user.name; ls .git/hooks/pre-commit 2>&1"),
    ).toMatch(/^1\nls: .*No such file.*\n$/);
    expect(await said(at, "cat readme.md docs/one.md moved/deep/c.txt link")).toBe(
      "this is readme.md\nthis is docs/one.md\nthis is moved/deep/c.txt\nthis is readme.md\n",
    );
    expect(await said(at, "cat node_modules/a/x 'src/odd [*] name/y' 'src/inner/!new '")).toBe("x\ny\nz\n");
  });

  test("what it made is in no patch, whatever the agent does to it", async () => {
    await using at = unwrap(await bench.open(commands));
    await said(
      at,
      "echo mine >src/mine; echo mine >src/inner/mine; echo changed >>node_modules/a/x; echo new >node_modules/new; rm -rf 'src/odd [*] name' docs/one.md; rm 'src/inner/!new '",
    );
    expect(await said(at, "git status --porcelain")).toBe(" D docs/one.md\n?? src/inner/mine\n?? src/mine\n");
    const tree = unwrap(await at.exportTree({ final: true }, never));
    const files: string[] = [];
    const unpack = extract();
    tree.tar.pipe(unpack);
    for await (const entry of unpack) {
      if (entry.header.type !== "directory") files.push(entry.header.name);
      await text(entry);
    }
    if (tree.kind === "delta") {
      expect(files.sort()).toEqual(["src/inner/mine", "src/mine"]);
      expect(tree.deleted).toEqual(["docs/one.md"]);
    } else {
      expect(files).toEqual(expect.arrayContaining(["src/inner/mine", "src/mine", "readme.md"]));
      expect(files.filter((path) => /node_modules|odd|!new|one\.md/.test(path))).toEqual([]);
    }
  });

  test("a small change is all there is, though it took away what set-up made", async () => {
    await using at = unwrap(await bench.open(commands));
    await said(at, "echo mine >src/mine; rm 'src/inner/!new '");
    const { kind, deleted, tar } = unwrap(await at.exportTree({ final: true }, never));
    tar.destroy();
    expect({ kind, deleted }).toEqual({ kind: "delta", deleted: [] });
  });
}

function secrecyCases(bench: SetupBench): void {
  test("only set-up has network, and the settings for it", async () => {
    const path = bench.newPath();
    const look = "ls /run/apprentice; cat /run/apprentice/* 2>/dev/null; cat /etc/resolv.conf; env";
    await using at = unwrap(await bench.open([bench.fetching(path), `(${look}) >/opt/seen 2>&1`]));
    const seen = await said(at, "cat /opt/seen");
    for (const part of [
      "proxy-pass@proxy.example",
      "https://extra.example/simple",
      "registry=https://npm.example/",
      "authorities of this user",
    ])
      expect(seen).toContain(part);
    expect(seen).toContain("index-url = https://pypi.example/simple");
    expect(seen).not.toMatch(/npm-pass|npm-token|pip-pass|extra-pass|sk-of-the-user/);
    expect(bench.timesAsked(path)).toBe(1);
    const after = await said(
      at,
      `(${bench.fetching(path)}) 2>&1; rm -f /opt/seen; (${look}) 2>&1; grep -rls 'proxy-[p]ass@' /opt /etc /root /home /var /srv /run`,
    );
    expect(after).not.toMatch(/proxy-pass@|pypi\.example|npm\.example|extra\.example|authorities of/);
    expect(after).not.toMatch(/^nameserver/m);
    expect(after).not.toContain("from the network");
    expect(after).toContain("/opt/seen\n");
    expect(bench.timesAsked(path)).toBe(1);
  });
}

function failureCases(bench: SetupBench): void {
  test("a command that fails is said with its last lines, without a password, and is tried again", async () => {
    const path = bench.newPath();
    const commands = [bench.fetching(path), "echo first; echo going to $HTTPS_PROXY; echo 'no such package' >&2; (exit 3)", "echo never"];
    for (const times of [1, 2]) {
      const opened = await bench.open(commands);
      expect(opened).toMatchObject({ ok: false, error: { code: "setup-failed", wholeRun: true, retryable: false, boundary: "sandbox" } });
      const message = opened.ok ? "" : opened.error.message;
      expect(message).toMatch(
        /^The set-up command `echo first.*` ended with status 3\. Its last lines:\nfirst\ngoing to http.*\nno such package$/,
      );
      expect(message).not.toContain("proxy-pass");
      expect(bench.timesAsked(path)).toBe(times);
    }
  });

  test("a deadline ends it", async () => {
    const opened = await bench.open(["echo begun; sleep 1000"], { timeoutMs: 500 });
    expect(opened).toMatchObject({ ok: false, error: { code: "setup-failed", wholeRun: true } });
    expect(opened.ok ? "" : opened.error.message).toMatch(/had not ended when 1 s for all of set-up were over.*\nbegun$/s);
  });

  test("stopped in the midst, it leaves nothing, and is done anew", async () => {
    const path = bench.newPath();
    const stop = new AbortController();
    const commands = [`test -e /opt/once && exit 9; mkdir -p /opt/once; ${bench.fetching(path)}`, `[ ${path} = /done ] || sleep 0.3`];
    const opening = bench.open(commands, { signal: stop.signal });
    while (bench.timesAsked(path) === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    expect(await opening).toMatchObject({ ok: false, error: { code: "cancelled" } });
    await using at = unwrap(await bench.open(commands));
    expect(await said(at, "ls -d /opt/once")).toBe("/opt/once\n");
    expect(bench.timesAsked(path)).toBe(2);
  });
}
