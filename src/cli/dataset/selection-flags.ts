import type { Command } from "commander";
import { amount, type Amount } from "../flag-number.ts";

/** What chooses samples, as commander gives it; each stands over the recipe's own setting of that name. */
export interface SelectionFlags {
  readonly recipe?: string;
  readonly kind?: string;
  readonly threshold?: Amount;
  readonly context?: Amount;
  readonly limit?: Amount;
  readonly seed?: Amount;
  readonly order?: string;
  readonly reasoning?: string;
  readonly flagged?: string;
  readonly redact?: boolean;
  readonly tokenizer: string;
  readonly benchmark?: string;
  readonly report?: string;
}

/** Registers the flags by which `dataset select`, `export`, `stats` and `sweep` choose. */
export function addSelectionFlags(command: Command): Command {
  return command
    .optionsGroup("Which samples:")
    .option("--recipe <file>", "a recipe in YAML, or the name of a shipped one: best-subset, specialise-8000, unverified-t2, hard")
    .option("--kind <kind>", "t1, t2 or both (default: both)")
    .option("--threshold <r>", "least recall of a T2 sample; 0 takes all (default 0.5)", amount)
    .option("--context <n>", "tokens a sample may have; longer ones are cut at a whole turn (default: no cut)", amount)
    .option("--limit <n>", "most samples", amount)
    .option("--seed <n>", "seed of every shuffle (default 0)", amount)
    .option("--order <how>", "key, ratio (least cut first) or random (default: key)")
    .option("--flagged <how>", "samples with safety flags: drop leaves them out, keep takes them (default: drop)")
    .option("--benchmark <file>", "leave out what overlaps with its tasks: JSONL, JSON or Parquet in the shape of SWE-bench")
    .option("--report <file>", "with --benchmark: write what overlaps, as Markdown, and as JSON beside it")
    .optionsGroup("How they are counted and written:")
    .option("--tokenizer <dir>", "the student's: qwen3, a folder with tokenizer.json and template, or none", "qwen3")
    .option("--reasoning <how>", "of hermes rows: keep_only_think, keep_only_non_think, keep, wrap or none (default: keep_only_think)")
    .option("--redact", "placeholders for keys and personal data");
}
