import { z } from "zod";
import { hermesReasonings } from "../../formats/hermes.ts";

const ratio = z.number().min(0).max(1);
const most = z.number().int().nonnegative();

/** Rules by which a sample is left out; each is counted under its own reason (filters/). */
export const RecipeFilters = z
  .strictObject({
    submitted: z.boolean().default(true).describe("Only rollouts that handed their work in."),
    selfCheck: z.boolean().default(true).describe("Only first rollouts that the self-check accepted."),
    emptyPatch: z.boolean().default(true).describe("Leave out rollouts that changed nothing."),
    holdOut: z.boolean().default(true).describe("Leave out samples of commits that another of these runs holds out."),
    duplicates: z.boolean().default(true).describe("Of lineages with equal first patches only the first by key."),
    nearDuplicates: z
      .number()
      .min(0.1)
      .max(1)
      .nullable()
      .default(null)
      .describe("Share of equal word triples in the changed lines from which a patch is a duplicate, such as 0.9; null: off."),
    editedLines: most.nullable().default(null).describe("Most lines added and removed; the authors' filter has 40. null: any."),
    toolTokens: most
      .nullable()
      .default(null)
      .describe("Most tokens that a tool's output has in the mean; the authors' filter has 600. null: any; else counts are needed."),
    onlyTests: z.boolean().default(false).describe("Leave out patches that edit tests only."),
    scratchFiles: z.boolean().default(false).describe("Leave out patches that leave reproduction scripts and other scratch files behind."),
    repeatedActions: z
      .number()
      .int()
      .min(2)
      .nullable()
      .default(null)
      .describe("Leave out where the same calls come so many times in a row, one call or a cycle of up to four; null: off."),
    failedSteps: z
      .enum(["train", "mask"])
      .default("train")
      .describe("Turns whose call failed: trained like others, or kept and masked from the loss."),
  })
  .prefault({});
export type RecipeFilters = z.infer<typeof RecipeFilters>;

/** What counts as an overlap with a benchmark that is given beside the recipe. */
const BenchmarkRules = z
  .strictObject({
    repository: z.boolean().default(true).describe("Every sample of a repository that the benchmark has."),
    commit: z.boolean().default(true).describe("Samples of the very commit of a task."),
    words: z.number().int().min(3).max(50).default(13).describe("Words of a run of words that counts as shared."),
    shared: z
      .number()
      .int()
      .min(1)
      .nullable()
      .default(1)
      .describe("Shared runs of words from which a sample overlaps; null: words do not count."),
  })
  .prefault({});
export type BenchmarkRules = z.infer<typeof BenchmarkRules>;

/**
 * Which samples a dataset takes, in which order, and how much of each. With equal ledgers the same recipe gives the same bytes: no path
 * and no time stands in it. Steps in this order: filters and thresholds, counts and truncation, duplicates, order, balance, share, counts.
 */
export const Recipe = z
  .strictObject({
    kind: z.enum(["t1", "t2", "both"]).default("both").describe("First rollouts, second rollouts, or both."),
    t1: most.nullable().default(null).describe("Most samples of first rollouts; null: all."),
    t2: most.nullable().default(null).describe("Most samples of second rollouts; null: all."),
    limit: most.nullable().default(null).describe("Most samples in all; null: all."),
    lineages: z
      .enum(["kept", "finished"])
      .default("kept")
      .describe(
        "Of which lineages: those that were kept, or also rejected ones, whose first rollout may be good (as the authors take them).",
      ),
    threshold: ratio.default(0.5).describe("Least recall of a lineage whose second rollout is taken; 0 takes all."),
    recallBy: z
      .enum(["lines", "ignoring-whitespace", "anywhere", "sera"])
      .default("lines")
      .describe(
        "Which of the stored scores threshold and guard are of: our own, without white space, without files, or as the authors count.",
      ),
    guard: z
      .strictObject({
        minPrecision: ratio.nullable().default(null).describe("Least precision of a second patch; null: any."),
        maxSizeRatio: z
          .number()
          .positive()
          .nullable()
          .default(null)
          .describe("Most lines of a second patch for each of the first; null: any."),
      })
      .prefault({})
      .describe("What a second rollout must have besides its recall."),
    filters: RecipeFilters.describe("Rules by which samples are left out, each counted."),
    decontaminate: BenchmarkRules.describe("What overlaps with a benchmark, where one is given by --benchmark."),
    context: z
      .number()
      .int()
      .positive()
      .nullable()
      .default(null)
      .describe("Tokens a sample may have; longer ones are cut at a whole turn. null: no cut."),
    ratioBy: z
      .enum(["steps", "messages"])
      .default("steps")
      .describe("How the truncation ratio counts: as the paper says, or as the authors' code does."),
    minRatio: ratio.default(0).describe("Least truncation ratio."),
    bucket: z
      .strictObject({ min: ratio, max: ratio })
      .refine(({ min, max }) => min <= max, { error: "min must not be greater than max" })
      .nullable()
      .default(null)
      .describe("Truncation ratios from min to max only."),
    order: z
      .enum(["key", "ratio", "random"])
      .default("key")
      .describe("By lineage key; by truncation ratio, greatest first, equal ones shuffled; or shuffled."),
    balance: z
      .strictObject({
        by: z.enum(["repository", "folder", "function"]).describe("What makes a group."),
        most: z.number().int().positive().nullable().default(null).describe("Most samples of a group; null: groups take turns."),
      })
      .nullable()
      .default(null)
      .describe("Keeps one group from filling the dataset."),
    share: z
      .strictObject({
        repositories: z.array(z.string().min(1)).min(1).describe("Names of the repositories that are specialised in."),
        alpha: ratio.describe("Their share of the samples."),
      })
      .nullable()
      .default(null)
      .describe("Specialised against general data: as many samples as the share allows."),
    weights: z
      .array(z.number().nonnegative())
      .min(1)
      .refine((weights) => weights.some((weight) => weight > 0), { error: "one weight must be greater than 0" })
      .nullable()
      .default(null)
      .describe("Shares of the runs, in the order in which they are given."),
    seed: z.number().int().nonnegative().default(0).describe("Seed of every shuffle."),
    reasoning: z
      .enum(hermesReasonings)
      .default("keep_only_think")
      .describe("What hermes rows, by which tokens are counted, do with reasoning."),
    flagged: z.enum(["drop", "keep"]).default("drop").describe("Samples with safety flags: left out, or kept."),
    redact: z.boolean().default(false).describe("Placeholders for keys and personal data."),
  })
  .refine(({ share, weights }) => share === null || weights === null, {
    error: "share and weights both divide the samples: leave one of them out",
    path: ["weights"],
  })
  .prefault({});
export type Recipe = z.infer<typeof Recipe>;

/** The setting of a recipe that cannot be judged without counting tokens; null: there is none. */
export function needsTokens({ filters, context }: Recipe): string | null {
  if (context !== null) return "context";
  return filters.toolTokens === null ? null : "filters.toolTokens";
}

/** What is wrong with a recipe although each of its settings is right; null: nothing. */
export function recipeProblem({ context, minRatio, bucket, order, weights }: Recipe, runs: number): string | null {
  const cut = minRatio > 0 ? "minRatio" : bucket !== null ? "bucket" : order === "ratio" ? "order: ratio" : null;
  if (cut !== null && context === null) return `${cut} is about samples that are cut: give context (--context N) too.`;
  if (weights !== null && weights.length !== runs)
    return `weights has ${weights.length} numbers for ${runs} run${runs === 1 ? "" : "s"}: give one for each, in their order.`;
  return null;
}
