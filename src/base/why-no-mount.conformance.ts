import { spawnSync } from "node:child_process";

/** Why a test cannot mount a file system of its own: as root (`-m`) or in a user namespace (`-rm`), as unshare says it; null: it can. */
export function whyNoMount(flags: "-m" | "-rm"): string | null {
  const { error, status, stderr } = spawnSync("unshare", [flags, "mount", "-t", "tmpfs", "none", "/mnt"], { encoding: "utf8" });
  if (status === 0) return null;
  return `no file system can be mounted here: ${error === undefined ? stderr.trim() : error.message}`;
}
