import { closeSync, readdirSync, readFileSync } from "node:fs";

/** Of the flags in /proc/PID/fdinfo, which are octal: the file is closed in whatever we start. All that this process opens has it. */
const closeOnExec = 0o2000000;

/**
 * Closes the files that whoever started us left open, beside the standard streams: a program that we start would have them as well, and an
 * agent in a sandbox could read and write them. Linux alone tells which they are.
 */
export function closeInheritedFiles(): void {
  if (process.platform !== "linux") return;
  for (const name of readdirSync("/proc/self/fd")) {
    const file = Number(name);
    if (file <= 2 || !isInherited(file)) continue;
    closeSync(file);
  }
}

/** A file that is gone by now, as that of the listing itself is, was ours. */
function isInherited(file: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${file}`, "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    return false;
  }
}
