import { parsePatch } from "../patch/parse-patch.ts";
import type { ParsedPatch } from "../patch/parsed-patch.ts";
import type { Sample } from "../records/sample.ts";
import type { BenchmarkTask } from "./benchmark-row.ts";
import type { BenchmarkFile } from "./read-benchmark.ts";
import { changedTexts, wordRuns } from "./word-runs.ts";

/**
 * What counts as an overlap. `repository`: any task of the sample's repository; `commit`: a task of its very commit; `words`: length of a run
 * of words; `shared`: runs in common from which texts overlap, null: words do not count.
 */
export interface OverlapRules {
  readonly repository: boolean;
  readonly commit: boolean;
  readonly words: number;
  readonly shared: number | null;
}

export const overlapKinds = ["commit", "statement", "patch", "repository"] as const;
export type OverlapKind = (typeof overlapKinds)[number];

/**
 * Why a sample was left out: the task it overlaps with most, by which rules, and how many runs of words its message shares with the task's
 * statement and its patch with the task's patches. Holds no text of either.
 */
export interface Overlap {
  readonly sample: string;
  readonly repository: string | null;
  readonly task: string;
  readonly rules: readonly OverlapKind[];
  readonly statementRuns: number;
  readonly patchRuns: number;
}

export interface JudgedSample {
  readonly sample: Sample;
  /** The rollout's patch; null: not known, and not judged. */
  readonly patch: ParsedPatch | null;
}

/** Holds a benchmark, judges samples by it, and keeps what it found for the report. */
export class Decontamination {
  readonly file: BenchmarkFile;
  readonly rules: OverlapRules;
  readonly overlaps: Overlap[] = [];
  judged = 0;
  readonly #repositories: (RepositoryName & { readonly task: BenchmarkTask })[] = [];
  readonly #ofRepository = new Map<string | null, BenchmarkTask | null>();
  readonly #commits = new Map<string, BenchmarkTask>();
  readonly #statements: RunIndex = new Map();
  readonly #patches: RunIndex = new Map();

  constructor(file: BenchmarkFile, rules: OverlapRules) {
    this.file = file;
    this.rules = rules;
    for (const [index, task] of file.tasks.entries()) this.#learn(task, index);
  }

  /** Whether a sample overlaps with some task; if so it is noted. */
  overlapsWith(judged: JudgedSample): boolean {
    this.judged++;
    const overlap = this.#overlapOf(judged);
    if (overlap !== null) this.overlaps.push(overlap);
    return overlap !== null;
  }

  #learn(task: BenchmarkTask, index: number): void {
    if (task.repository !== null) this.#repositories.push({ ...nameOf(task.repository), task });
    if (task.commit !== null) this.#commits.set(task.commit.toLowerCase(), task);
    if (this.rules.shared === null) return;
    const { words } = this.rules;
    if (task.statement !== null) learnRuns(this.#statements, wordRuns(task.statement, words), index);
    for (const text of [task.patch, task.testPatch].flatMap(textsOfPatch)) learnRuns(this.#patches, wordRuns(text, words), index);
  }

  #overlapOf({ sample, patch }: JudgedSample): Overlap | null {
    const { repository, commit, shared } = this.rules;
    const { provenance } = sample;
    const byRepository = repository ? this.#taskOfRepository(provenance.repository) : undefined;
    const byCommit = commit && provenance.commit !== null ? this.#commits.get(provenance.commit.toLowerCase()) : undefined;
    const least = shared ?? Infinity;
    const said = sample.messages.filter(({ role }) => role === "user").map(({ content }) => content);
    const statement = this.#most(this.#statements, said);
    const lines = this.#most(this.#patches, patch === null ? [] : changedTexts(patch));
    const found = new Map<OverlapKind, BenchmarkTask | undefined>([
      ["commit", byCommit],
      ["statement", statement.runs >= least ? this.file.tasks[statement.task] : undefined],
      ["patch", lines.runs >= least ? this.file.tasks[lines.task] : undefined],
      ["repository", byRepository],
    ]);
    const rules = overlapKinds.filter((kind) => found.get(kind) !== undefined);
    const task = rules.map((kind) => found.get(kind))[0];
    if (task === undefined) return null;
    return {
      sample: sample.id,
      repository: provenance.repository,
      task: task.id,
      rules,
      statementRuns: statement.runs,
      patchRuns: lines.runs,
    };
  }

  /** By owner and name where both are known: a clone tells no owner. */
  #taskOfRepository(name: string | null): BenchmarkTask | undefined {
    if (name === null) return undefined;
    const known = this.#ofRepository.get(name);
    if (known !== undefined) return known ?? undefined;
    const own = nameOf(name);
    const isSame = (other: RepositoryName): boolean =>
      other.name === own.name && (other.owner === own.owner || other.owner === null || own.owner === null);
    const task = this.#repositories.find(isSame)?.task ?? null;
    this.#ofRepository.set(name, task);
    return task ?? undefined;
  }

  /** The task with most runs in common; of equals the first. */
  #most(index: RunIndex, texts: readonly string[]): { readonly task: number; readonly runs: number } {
    const counts = new Map<number, number>();
    const runs = this.rules.shared === null ? [] : new Set(texts.flatMap((text) => [...wordRuns(text, this.rules.words)]));
    for (const run of runs) for (const task of index.get(run) ?? []) counts.set(task, (counts.get(task) ?? 0) + 1);
    let best = { task: -1, runs: 0 };
    for (const [task, shared] of counts)
      if (shared > best.runs || (shared === best.runs && task < best.task)) best = { task, runs: shared };
    return best;
  }
}

/** Tasks in which a run of words stands. */
type RunIndex = Map<string, number[]>;

function learnRuns(index: RunIndex, runs: ReadonlySet<string>, task: number): void {
  for (const run of runs) {
    const tasks = index.get(run);
    if (tasks === undefined) index.set(run, [task]);
    else if (tasks.at(-1) !== task) tasks.push(task);
  }
}

interface RepositoryName {
  readonly owner: string | null;
  readonly name: string;
}

/** The last two parts of a name or address; SWE-bench and its kin write "__" for "/". */
function nameOf(repository: string): RepositoryName {
  const parts = repository
    .toLowerCase()
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .replaceAll("__", "/")
    .split(/[/:]/);
  return { owner: parts.at(-2) ?? null, name: parts.at(-1) ?? "" };
}

/** What cannot be read as a diff is compared as it is. */
function textsOfPatch(patch: string | null): string[] {
  if (patch === null) return [];
  const parsed = parsePatch(patch);
  return parsed.ok ? changedTexts(parsed.value) : [patch];
}
