import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SandboxBackend } from "../sandbox.ts";

export const binary = Buffer.from(Array.from({ length: 1024 }, (_, index) => (index * 7) % 256));

/** As an id must, it changes when what is made does. */
export const snapshotId = `conformance-${createHash("sha256").update(makeRepository.toString()).digest("hex").slice(0, 16)}`;

/** A small repository, laid where the backend wants snapshots. */
export class SnapshotPlace {
  readonly #backend: SandboxBackend;
  #folder = "";

  constructor(backend: SandboxBackend) {
    this.#backend = backend;
  }

  get path(): string {
    return join(this.#folder, "tree");
  }

  make(): void {
    mkdirSync(this.#backend.cacheRoot, { recursive: true });
    if (this.#backend.snapshotOwner !== null) chmodSync(this.#backend.cacheRoot, 0o711);
    this.#folder = mkdtempSync(join(this.#backend.cacheRoot, "conformance-"));
    chmodSync(this.#folder, 0o755);
    makeRepository(this.path, this.#backend.snapshotOwner);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** `owner` also of the group. */
export function makeRepository(path: string, owner: number | null): void {
  for (const folder of ["src/inner", "docs", "moved/deep", ".hidden"]) mkdirSync(join(path, folder), { recursive: true });
  const files = [
    "readme.md",
    "src/a.py",
    "src/inner/b.py",
    "docs/one.md",
    "docs/two.md",
    "moved/deep/c.txt",
    ".hidden/x",
    "naïve name.txt",
  ];
  for (const file of files) writeFileSync(join(path, file), `this is ${file}\n`);
  writeFileSync(join(path, "run.sh"), "#!/bin/sh\necho ran\n", { mode: 0o755 });
  writeFileSync(join(path, "data.bin"), binary);
  symlinkSync("readme.md", join(path, "link"));
  const git = (...args: string[]): void =>
    void execFileSync("git", ["-c", "init.defaultBranch=main", ...args], { cwd: path, stdio: "pipe" });
  git("init", "--quiet");
  git("add", "--all");
  git("-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "--quiet", "--message", "Snapshot");
  if (owner !== null) chownAll(path, owner);
}

function chownAll(path: string, owner: number): void {
  lchownSync(path, owner, owner);
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true }))
    lchownSync(join(entry.parentPath, entry.name), owner, owner);
}
