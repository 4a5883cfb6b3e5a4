import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

let own: Promise<string> | null = null;

/** Names this process among all that ever ran here: pid and start, safe in a file name. */
export async function ownLabel(): Promise<string> {
  own ??= labelOf(process.pid);
  return await own;
}

/** The label of a process that runs. */
export async function labelOf(pid: number): Promise<string> {
  return `${pid}-${(await startOf(pid)) ?? "unknown"}`;
}

/** Whether the process of a label still runs. What is no label of ours counts as running, so that nothing of others is removed. */
export async function isAlive(label: string): Promise<boolean> {
  const parts = /^(\d{1,10})-([0-9a-z]+)$/.exec(label);
  if (parts === null) return true;
  return (await startOf(Number(parts[1]))) === parts[2];
}

/** When a process began, in no particular unit; null: there is none. */
async function startOf(pid: number): Promise<string | null> {
  if (process.platform !== "linux") return await startByPs(pid);
  const stat = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => null);
  return stat === null ? null : (stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null);
}

async function startByPs(pid: number): Promise<string | null> {
  const listed = await promisify(execFile)("ps", ["-o", "lstart=", "-p", String(pid)], { env: { LC_ALL: "C" } }).catch(() => null);
  const text = listed?.stdout.toLowerCase().replace(/[^0-9a-z]/g, "") ?? "";
  return text === "" ? null : text;
}
