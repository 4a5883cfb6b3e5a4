import { z } from "zod";

/** What a user says about one repository to train on. */
export const RepositoryConfig = z.strictObject({
  path: z.string().min(1).describe("Path of a local git repository: a work tree, a folder inside one, or a bare repository."),
  commit: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("Newest commit to look at: a branch, tag or commit id. null: the commit that is checked out (HEAD)."),
  commits: z.number().int().min(1).default(1).describe("How many commits to train on, spread over the history before the hold-out cut."),
  include: z.array(z.string().min(1)).default([]).describe("Only files that match one of these globs are trained on. Empty: all files."),
  exclude: z.array(z.string().min(1)).default([]).describe("Files that match one of these globs are never trained on."),
  holdOut: z
    .union([z.number().int().min(0), z.literal("none")])
    .nullable()
    .default(null)
    .describe("How many of the newest commits training may not see, or none. null: the newest 10 %, rounded down, at most 100."),
  demonstrations: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      "Issue texts that show the writer of pull requests how such a text looks: path of a file (JSON or JSONL), or history for the repository's own commit messages before the cut. null: built-in texts.",
    ),
});
export type RepositoryConfig = z.infer<typeof RepositoryConfig>;
