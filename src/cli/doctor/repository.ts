import { trainingCommits } from "../../journey/intake/training-commits.ts";
import { findRepositorySites } from "../../journey/repository-sites.ts";
import { reachRepository } from "../../repository/reach-repository.ts";
import type { RepositoryConfig } from "../../repository/repository-config.ts";
import { commandScratch } from "../compose.ts";
import { counted } from "../counted.ts";
import type { DoctorCheck } from "./check.ts";
import { typedCommand } from "../typed-command.ts";

/** Looks at a repository as a run would: does it open, which commits may be trained on, and what functions the newest of them has. */
export async function* checkRepository(config: RepositoryConfig): AsyncGenerator<DoctorCheck> {
  const { signal } = new AbortController();
  const check = `repository ${config.path}`;
  await using scratch = await commandScratch();
  const reached = await reachRepository(config.path, { scratch: scratch.path }, signal);
  if (!reached.ok) return yield refused(check, reached.error.message);
  const { repository, origin, leftOut } = reached.value;
  const kind = { git: repository.bare ? "bare git" : "git", clone: "fetched", archive: "an archive", folder: "a plain folder" }[origin];
  yield { check, ok: true, detail: `opens: ${kind}${leftOut === 0 ? "" : `, ${counted(leftOut, "path")} not taken`}`, mend: null };
  const commits = await trainingCommits(repository, config, signal);
  if (!commits.ok) return yield refused("commits", commits.error.message);
  const { totalCommits, heldOut, newestTraining } = commits.value.cut;
  const held = heldOut === 0 ? "none held out" : `the newest ${heldOut === 1 ? "" : `${heldOut} `}held out`;
  const from = `training from ${newestTraining.slice(0, 12)} back`;
  yield { check: "commits", ok: true, detail: `${totalCommits}, ${held}, ${from}`, mend: null };
  const { include, exclude } = config;
  const found = await findRepositorySites(
    { repository, commit: newestTraining, options: { folder: config.folder ?? repository.within, include, exclude, all: false } },
    signal,
  );
  if (!found.ok) return yield refused("functions", found.error.message);
  const { sites, files, languages } = found.value;
  const counts = Object.entries(languages).map(([language, functions]) => `${functions} ${language}`);
  const detail = `${sites.length} in ${counted(files, "file")}${counts.length === 0 ? "" : ` (${counts.join(", ")})`}`;
  const mend = `see what is left out and why: ${typedCommand(["functions", config.path, "--left-out"])}; include and exclude are keys under repositories`;
  yield { check: "functions", ok: sites.length > 0, detail, mend };
}

/** What a failure says after its colon is what to do. */
function refused(check: string, message: string): DoctorCheck {
  const [detail = message, ...mend] = message.split(/: (?=[a-z])/);
  return { check, ok: false, detail, mend: mend.length === 0 ? null : mend.join(": ") };
}
