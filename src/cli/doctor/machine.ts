import { statfs } from "node:fs/promises";
import { runGit } from "../../repository/run-git.ts";
import type { DoctorCheck } from "./check.ts";

/** Looks at what every run needs of the machine, whatever its settings: Node, git, and space where runs are kept. */
export async function* checkMachine(): AsyncGenerator<DoctorCheck> {
  yield nodeCheck();
  yield await gitCheck();
  yield await diskCheck();
}

function nodeCheck(): DoctorCheck {
  const { node } = process.versions;
  return { check: "node", ok: Number(node.split(".")[0]) >= 24, detail: node, mend: "install Node 24 or newer" };
}

async function gitCheck(): Promise<DoctorCheck> {
  const exit = await runGit({ args: ["version"], folder: process.cwd() }, new AbortController().signal);
  const detail = exit.stdout.toString("utf8").trim();
  const version = /(\d+)\.(\d+)/.exec(detail);
  const ok = version !== null && Number(version[1]) * 1000 + Number(version[2]) >= 2039;
  return { check: "git", ok, detail: detail || "not found", mend: "install git 2.39 or newer" };
}

async function diskCheck(): Promise<DoctorCheck> {
  const { bavail, bsize } = await statfs(process.cwd());
  const freeGiB = (bavail * bsize) / 2 ** 30;
  const detail = `${freeGiB.toFixed(1)} GiB free here`;
  return { check: "disk", ok: freeGiB >= 2, detail, mend: "free some space, or run in another folder" };
}
