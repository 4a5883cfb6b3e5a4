import { readFileSync } from "node:fs";

/** As the Engine API takes them. */
export interface Ulimit {
  readonly Name: string;
  readonly Soft: number;
  readonly Hard: number;
}

const names = [
  ["nofile", "Max open files"],
  ["nproc", "Max processes"],
] as const;

/** The most that a process of this host may have of files and processes, in a form a container can be given; not told: left out. */
export function hostUlimits(): Ulimit[] {
  const lines = read("/proc/self/limits").split("\n");
  // An engine's own limit may be as low as that, whatever ours is.
  const mostProcesses = Number(read("/proc/sys/kernel/pid_max")) || Infinity;
  return names.flatMap(([Name, title]) => {
    const hard = Number(/(\d+) +\S* *$/.exec(lines.find((line) => line.startsWith(title)) ?? "")?.[1]);
    const most = Name === "nproc" ? Math.min(hard, mostProcesses) : hard;
    return Number.isSafeInteger(most) ? [{ Name, Soft: most, Hard: most }] : [];
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
