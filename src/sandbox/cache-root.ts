import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where a backend keeps what it may make again, unless told: APPRENTICE_CACHE, else where the system keeps such things. */
export function defaultCacheRoot(): string {
  const chosen = process.env["APPRENTICE_CACHE"] ?? "";
  if (chosen !== "") return resolve(chosen);
  if (process.getuid?.() === 0 && process.platform === "linux") return "/var/cache/apprentice";
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "apprentice");
}
