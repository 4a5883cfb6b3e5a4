import { readdirSync, readFileSync } from "node:fs";

/** Whether any process of this host has the text among its arguments. */
export function runs(text: string): boolean {
  return readdirSync("/proc").some((name) => /^\d+$/.test(name) && argumentsOf(name).includes(text));
}

function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}
