import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What a git folder of ours is to be. `head`: a commit id, or `ref: …`. `alternates`: object folders it reads from as well. */
export interface GitDirPlan {
  readonly path: string;
  readonly hash: "sha1" | "sha256";
  readonly bare: boolean;
  readonly head: string;
  readonly alternates: readonly string[];
  /** Further lines of its config file. */
  readonly config?: string;
}

/**
 * Attributes that change bytes or hide text are put to rest; this file wins over every `.gitattributes` of the tree. (`-diff`
 * and `-working-tree-encoding` would not do: the first calls everything binary, the second ends git.)
 */
export const neutralAttributes = "* -text !eol !crlf -filter -ident !working-tree-encoding !diff -merge !whitespace !export-subst\n";

/**
 * Lays out a git folder without a process of git: it has no hooks, no template, and only the settings given. The folder must not
 * exist, or be empty.
 */
export async function makeGitDir(plan: GitDirPlan): Promise<void> {
  await Promise.all(
    ["objects/info", "objects/pack", "refs/heads", "info"].map((part) => mkdir(join(plan.path, part), { recursive: true })),
  );
  const files: [string, string][] = [
    ["HEAD", `${plan.head}\n`],
    ["config", configOf(plan)],
    ["info/attributes", neutralAttributes],
  ];
  if (plan.alternates.length > 0) files.push(["objects/info/alternates", plan.alternates.map((path) => `${path}\n`).join("")]);
  await Promise.all(files.map(([name, text]) => writeFile(join(plan.path, name), text)));
}

function configOf(plan: GitDirPlan): string {
  const sha256 = plan.hash === "sha256";
  return [
    "[core]",
    `\trepositoryformatversion = ${sha256 ? 1 : 0}`,
    "\tfilemode = true",
    "\tsymlinks = true",
    `\tbare = ${plan.bare}`,
    "[gc]",
    "\tauto = 0",
    ...(sha256 ? ["[extensions]", "\tobjectFormat = sha256"] : []),
    plan.config ?? "",
  ].join("\n");
}
