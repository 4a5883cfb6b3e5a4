import { z } from "zod";

/** What a user says about one repository to train on. */
export const RepositoryConfig = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      "Where the code is: a git work tree or bare repository, a folder inside one (its functions alone), an address that git fetches from, a tar or zip, or a folder under no git.",
    ),
  folder: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("Only functions below this folder are trained on, from the top of the repository; the agent sees all of it."),
  commit: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("Newest commit to look at: a branch, tag or commit id. null: the commit that is checked out (HEAD)."),
  commits: z
    .union([z.number().int().min(1), z.array(z.string().min(1)).min(1)])
    .default(1)
    .describe("Commits to train on: how many, spread over the history before the hold-out cut, or a list of them by name."),
  spanDays: z
    .number()
    .int()
    .min(1)
    .default(365)
    .describe("How many days before the newest training commit a number of commits is spread over."),
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
