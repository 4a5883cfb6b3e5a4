import { z } from "zod";

/**
 * A repository at a commit as the agent sees it: one commit with a fixed author, date and message, no history, no
 * remote. `id` is the hash of what determines it. `bundle` is the artifact with the git bundle that holds it.
 * `sourceCommit` is the training commit in the user's repository, never later than the hold-out cut.
 */
export const Snapshot = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  repository: z.string(),
  sourceCommit: z.string(),
  commit: z.string(),
  tree: z.string(),
  bundle: z.string(),
});
export type Snapshot = z.infer<typeof Snapshot>;

/**
 * What training may not see, fixed before any spending (design §6). `commits` are counted on the first-parent line
 * of `head`; `newestTraining` is the newest commit before the cut.
 */
export const HoldOutCut = z.strictObject({
  version: z.literal(1),
  head: z.string(),
  totalCommits: z.number().int(),
  heldOut: z.number().int(),
  newestTraining: z.string(),
  rule: z.string(),
});
export type HoldOutCut = z.infer<typeof HoldOutCut>;

/**
 * What intake made of one repository, once for a run: later work and every resume uses this, whatever happens to the user's
 * repository meanwhile. `snapshots`: ids, oldest training commit first; `uncommitted`: changed and untracked paths left out,
 * null for a bare repository; `origin`: how it was reached; `leftOut`: paths of an archive or of a folder under no git that are not taken;
 * `licence`: SPDX id of the licence that the newest training commit names, null where none is known, absent in what was taken in before it was asked;
 * `folder`: where its functions are taken from ("" is everywhere); `messages`: commit messages from before the cut, where they are to serve as demonstrations.
 */
export const Intake = z.strictObject({
  version: z.literal(1),
  repository: z.string(),
  cut: HoldOutCut,
  snapshots: z.array(z.string()),
  uncommitted: z.number().int().nullable(),
  origin: z.enum(["git", "clone", "archive", "folder"]),
  leftOut: z.number().int().nonnegative(),
  folder: z.string(),
  licence: z.string().nullable().optional(),
  messages: z.array(z.strictObject({ id: z.string(), text: z.string() })),
});
export type Intake = z.infer<typeof Intake>;
