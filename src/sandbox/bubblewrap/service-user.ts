import { readFileSync } from "node:fs";

/** Between the ranges that systemd and distributions hand out, and within the 65,536 that containers map. */
const firstCandidate = 60_900;
const lastCandidate = 61_100;

/** The uid and gid to which root drops before anything of a sandbox starts: one that no account has. null: we are not root. */
export function serviceUser(): number | null {
  if (process.getuid?.() !== 0) return null;
  const taken = new Set([...idsIn("/etc/passwd"), ...idsIn("/etc/group")]);
  for (let id = firstCandidate; id <= lastCandidate; id++) if (!taken.has(id)) return id;
  return firstCandidate;
}

function idsIn(path: string): number[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .map((line) => Number(line.split(":")[2]));
  } catch {
    return [];
  }
}
