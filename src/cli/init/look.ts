import { statSync } from "node:fs";
import { join } from "node:path";
import { trainingCommits } from "../../journey/intake/training-commits.ts";
import { findRepositorySites } from "../../journey/repository-sites.ts";
import { repositoryLocation } from "../../repository/repository-location.ts";
import { reachRepository } from "../../repository/reach-repository.ts";
import { RepositoryConfig } from "../../repository/repository-config.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { commandScratch } from "../compose.ts";

/** What there is to train on in a repository; `summary` is one line for people and for a comment. */
export interface RepositoryLook {
  readonly path: string;
  readonly functions: number;
  readonly summary: string;
}

/** Looks at a repository as `generate` would. The error is one sentence. */
export async function lookAtRepository(path: string): Promise<Result<RepositoryLook, string>> {
  const { signal } = new AbortController();
  await using scratch = await commandScratch();
  const reached = await reachRepository(path, { scratch: scratch.path }, signal);
  if (!reached.ok) return err(`${reached.error.message}.`);
  const { repository } = reached.value;
  const commits = await trainingCommits(repository, RepositoryConfig.parse({ path }), signal);
  if (!commits.ok) return err(`${commits.error.message}.`);
  const { totalCommits, heldOut, newestTraining } = commits.value.cut;
  const options = { folder: repository.within, include: [], exclude: [], all: false };
  const found = await findRepositorySites({ repository, commit: newestTraining, options }, signal);
  if (!found.ok) return err(`${found.error.message}.`);
  const { sites, languages } = found.value;
  if (sites.length === 0)
    return err(`No functions were found in ${path}, so there is nothing to train on: \`apprentice functions\` says what is left out.`);
  const counts = Object.entries(languages)
    .toSorted(([, a], [, b]) => b - a)
    .map(([language, count]) => `${amount(count)} ${language}`);
  const held = heldOut === 0 ? "none held out" : `the newest ${heldOut === 1 ? "" : `${heldOut} `}held out`;
  const commitCount = `${amount(totalCommits)} ${totalCommits === 1 ? "commit" : "commits"}`;
  const functionCount = `${amount(sites.length)} ${sites.length === 1 ? "function" : "functions"}`;
  const summary = `${functionCount} (${counts.join(", ")}); ${commitCount}, ${held}`;
  return ok({ path, functions: sites.length, summary });
}

/** The first Dockerfile at the top of a folder of this machine; null: none has one. */
export function findDockerfile(paths: readonly string[]): string | null {
  const folders = paths.flatMap((path) => {
    const location = repositoryLocation(path);
    return location.ok && location.value.kind === "path" ? [location.value.path] : [];
  });
  const places = folders.flatMap((folder) => ["Dockerfile", "Containerfile"].map((name) => join(folder, name)));
  return places.find((place) => statSync(place, { throwIfNoEntry: false })?.isFile() === true) ?? null;
}

function amount(value: number): string {
  return value.toLocaleString("en-US");
}
