import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync, copyFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasProgram } from "./test-engine.conformance.ts";

/** Why there is no image of busybox alone; null: there is. */
export function whyNoBusybox(): string | null {
  const path = spawnSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).stdout.trim();
  if (path === "") return "busybox is not installed (Debian: apt-get install busybox-static)";
  const isDynamic = spawnSync("ldd", [realpathSync(path)]).status === 0;
  return isDynamic ? "busybox needs libraries here (Debian: apt-get install busybox-static)" : null;
}

/** A root file system of one program under all of its names: its shell is ash, and there is neither bash nor git. */
export function makeBusyboxTar(folder: string): string {
  const root = join(folder, "busybox");
  for (const name of ["bin", "etc", "tmp"]) mkdirSync(join(root, name), { recursive: true });
  const busybox = realpathSync(execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim());
  copyFileSync(busybox, join(root, "bin/busybox"));
  const names = execFileSync(busybox, ["--list"], { encoding: "utf8" }).split("\n");
  for (const name of names) if (name !== "" && name !== "busybox") symlinkSync("busybox", join(root, "bin", name));
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0::/:/bin/sh\n");
  return tarOf(root);
}

/** Of a folder, beside it. */
export function tarOf(root: string): string {
  const tar = `${root}.tar`;
  execFileSync("tar", ["--numeric-owner", "--owner=0", "--group=0", "-cf", tar, "-C", root, "."]);
  return tar;
}

const cache = join(import.meta.dirname, "../../../.cache");
const suite = "bookworm";

/** Made before the tests, by test/prepare-images.ts. */
export const debianTar = join(cache, `${suite}-${process.arch}.tar`);

/** Why there is no image of Debian; null: there is. */
export function whyNoDebian(): string | null {
  if (existsSync(debianTar)) return null;
  if (process.env["CI"] !== "true") return "the Debian image is made once, by CI=true npm test";
  return hasProgram("debootstrap") ? "debootstrap could not have Debian's packages" : "debootstrap is not installed";
}

/** Debian's smallest system with git, from its own packages; nothing where they cannot be had. */
export function makeDebianTar(): void {
  const scratch = mkdtempSync(join(tmpdir(), "apprentice-debian-"));
  try {
    const root = join(scratch, "root");
    const made = spawnSync("debootstrap", ["--variant=minbase", "--include=git", suite, root], { stdio: "ignore", timeout: 240_000 });
    if (made.status !== 0) return;
    rmSync(join(root, "var/cache/apt"), { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    execFileSync("tar", ["--numeric-owner", "--exclude=./dev/*", "-cf", `${debianTar}.part`, "-C", root, "."]);
    renameSync(`${debianTar}.part`, debianTar);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
