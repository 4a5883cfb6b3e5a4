import { readFileSync } from "node:fs";

let known: number | null | undefined;

/** Files this process may have open; null: not known here. Node has raised the soft limit to the hard one already. */
export function mostOpenFiles(): number | null {
  if (known === undefined) known = process.platform === "linux" ? parse(readFileSync("/proc/self/limits", "latin1")) : null;
  return known;
}

function parse(limits: string): number | null {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? null : Number(soft);
}
