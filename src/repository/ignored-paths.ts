import { mkdir, writeFile } from "node:fs/promises";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import { bytesOf, foldersAbove } from "./path-bytes.ts";
import type { PathBytes } from "./path-bytes.ts";
import { gitFailure, runGit } from "./run-git.ts";

/** `ignoreFile`: the rules in force in a folder ("" is the top), or undefined. `folder` is made, and must not exist. */
export interface IgnoreQuestion {
  readonly gitDir: string;
  readonly folder: string;
  readonly paths: readonly PathBytes[];
  ignoreFile(folder: PathBytes): Buffer | undefined;
}

/**
 * Which of these files the ignore rules leave out. Git is asked in a folder that holds the `.gitignore` files alone, made here
 * from plain folders and files, so no link of an agent can lead it elsewhere.
 */
export async function ignoredPaths(question: IgnoreQuestion, signal: AbortSignal): Promise<Result<ReadonlySet<PathBytes>, Failure>> {
  const folders = new Set(question.paths.flatMap(foldersAbove)).add("");
  const rules = [...folders].flatMap((folder) => {
    const bytes = question.ignoreFile(folder);
    return bytes === undefined ? [] : [{ folder, bytes }];
  });
  if (question.paths.length === 0 || rules.length === 0) return ok(new Set());
  await mkdir(question.folder);
  for (const { folder, bytes } of rules) {
    const place = Buffer.concat([Buffer.from(`${question.folder}/`), bytesOf(folder)]);
    await mkdir(place, { recursive: true });
    await writeFile(Buffer.concat([place, Buffer.from("/.gitignore")]), bytes);
  }
  const exit = await runGit(
    {
      gitDir: question.gitDir,
      folder: question.folder,
      args: ["check-ignore", "--no-index", "-z", "--stdin"],
      environment: { GIT_WORK_TREE: question.folder, GIT_LITERAL_PATHSPECS: "0" },
      // This command refuses literal paths; "./" keeps a leading colon from being magic.
      input: bytesOf(question.paths.map((path) => `./${path}\0`).join("")),
    },
    signal,
  );
  // Status 1: none is ignored.
  if (exit.exitCode !== 0 && exit.exitCode !== 1) return err(gitFailure("applying ignore rules", exit));
  const ignored = exit.stdout.toString("latin1").split("\0").slice(0, -1);
  return ok(new Set(ignored.map((path) => path.slice("./".length))));
}
