import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { unwrap } from "../base/result.ts";
import { bundleSnapshot } from "./bundle-snapshot.ts";
import { resolveCommit } from "./history.ts";
import { openRepository } from "./open-repository.ts";
import type { Repository } from "./open-repository.ts";
import { unpackSnapshot } from "./unpack-snapshot.ts";
import type { UnpackedSnapshot } from "./unpack-snapshot.ts";

export const never = new AbortController().signal;

/** Ordinary git, as a user has it, apart from this machine's settings. */
export function plainGit(folder: string, args: readonly string[], extra: Record<string, string> = {}): Buffer {
  const environment = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "A",
    GIT_AUTHOR_EMAIL: "a@example.com",
    GIT_COMMITTER_NAME: "A",
    GIT_COMMITTER_EMAIL: "a@example.com",
    ...extra,
  };
  return execFileSync("git", ["-c", "safe.directory=*", "-c", "gc.auto=0", ...args], {
    cwd: folder,
    env: environment,
    maxBuffer: 2 ** 30,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** A folder that goes when its test ends, with git repositories made in it. */
export class TestFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "apprentice-repository-"));

  at(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  get scratch(): string {
    return this.at("scratch");
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A user's work tree. */
export class UserRepository {
  readonly path: string;
  #seconds = 1_600_000_000;

  constructor(path: string, ...initArguments: string[]) {
    this.path = path;
    mkdirSync(path, { recursive: true });
    plainGit(path, ["init", "--quiet", "--initial-branch=main", ...initArguments]);
  }

  git(...args: string[]): string {
    return plainGit(this.path, args).toString("utf8").trimEnd();
  }

  write(path: string | Buffer, content: string | Uint8Array, mode = 0o644): this {
    writeAt(this.path, path, { content, mode });
    return this;
  }

  link(path: string, target: string): this {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    symlinkSync(target, join(this.path, path));
    return this;
  }

  /** Commits everything, ignored files too; gives the id. Each commit is a minute after the last. */
  commit(message = "change"): string {
    this.#seconds += 60;
    this.git("add", "--all", "--force");
    const date = `${this.#seconds} +0000`;
    plainGit(this.path, ["commit", "--quiet", "--allow-empty", "-m", message], { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date });
    return this.git("rev-parse", "HEAD");
  }

  async open(): Promise<Repository> {
    return unwrap(await openRepository(this.path, never));
  }
}

export function writeAt(root: string, path: string | Buffer, file: { content: string | Uint8Array; mode?: number }): void {
  const place = placeOf(root, path);
  const end = place.lastIndexOf("/");
  mkdirSync(place.subarray(0, end), { recursive: true });
  writeFileSync(place, file.content);
  chmodSync(place, file.mode ?? 0o644);
}

export function placeOf(root: string, path: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path)]);
}

/** Every path beneath a folder (as bytes in a string) but `.git`, with type, executable bit and content. */
export function contentsOf(root: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (folder: Buffer, prefix: string): void => {
    for (const name of readdirSync(folder, { encoding: "buffer" })) {
      if (name.toString("latin1") === ".git") continue;
      const place = Buffer.concat([folder, Buffer.from("/"), name]);
      const path = prefix + name.toString("latin1");
      const stat = lstatSync(place);
      if (stat.isDirectory()) walk(place, `${path}/`);
      else if (stat.isSymbolicLink()) found.set(path, `link ${readlinkSync(place, { encoding: "buffer" }).toString("latin1")}`);
      else found.set(path, `${(stat.mode & 0o100) === 0 ? "file" : "program"} ${readFileSync(place).toString("latin1")}`);
      if (stat.isDirectory()) found.set(path, "folder");
    }
  };
  walk(Buffer.from(root), "");
  return found;
}

/** The snapshot of HEAD of a user's repository, unpacked. */
export async function snapshotOf(folder: TestFolder, user: UserRepository, owner: number | null = null): Promise<UnpackedSnapshot> {
  const repository = await user.open();
  const commit = unwrap(await resolveCommit(repository, "HEAD", never));
  const bundle = unwrap(await bundleSnapshot({ repository, commit, scratch: folder.scratch }, never));
  const id = bundle.commit.slice(0, 12);
  return unwrap(await unpackSnapshot({ bundlePath: bundle.bundlePath, root: folder.at("cache"), id, owner }, never));
}

/** A copy of a snapshot's work tree with its `.git`, for a test to change as an agent would. */
export function workspaceOf(folder: TestFolder, snapshot: UnpackedSnapshot): string {
  const place = mkdtempSync(folder.at("workspace-"));
  cpSync(snapshot.folder, place, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  return place;
}

/** What GNU tar makes of a folder, `.git` folders left out. `paths` (bytes in a string): only these. */
export function tarOf(root: string, paths?: readonly string[]): Readable {
  const listed = ["--null", "--verbatim-files-from", "--no-recursion", "--files-from=-"];
  const selection = paths === undefined ? ["."] : listed;
  const input = Buffer.from((paths ?? []).map((path) => `${path}\0`).join(""), "latin1");
  const tar = spawnSync("tar", ["--exclude=.git", "-cf", "-", ...selection], { cwd: root, input, maxBuffer: 2 ** 30 });
  if (tar.status !== 0) throw new Error(tar.stderr.toString("utf8"));
  return Readable.from([tar.stdout]);
}

/** The tree that ordinary git makes of a workspace, with attributes put to rest: what `diffTree` must find by its own way. */
export function treeByGit(workspace: string): string {
  writeFileSync(join(workspace, ".git/info/attributes"), "* -text -filter -ident !working-tree-encoding\n");
  plainGit(workspace, ["add", "--all"]);
  return plainGit(workspace, ["write-tree"]).toString("ascii").trim();
}
