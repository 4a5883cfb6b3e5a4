/** One thing that a trainer would trip over. `line`: of the file, or the row of a Parquet file; 0: the file as a whole. */
export interface DatasetProblem {
  readonly kind: string;
  readonly line: number;
  readonly detail: string;
}

/** Problems of a kind that are kept; all are counted. */
const mostKept = 50;

/** Collects problems in bounded memory. */
export class ProblemLog {
  readonly #kept = new Map<string, DatasetProblem[]>();
  readonly #counts = new Map<string, number>();

  add(kind: string, line: number, detail: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    const kept = this.#kept.get(kind) ?? [];
    if (kept.length < mostKept) kept.push({ kind, line, detail });
    this.#kept.set(kind, kept);
  }

  /** By kind, in the order in which the first of each was met. */
  get problems(): readonly DatasetProblem[] {
    return [...this.#kept.values()].flat();
  }

  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}

/** Tells a problem of the row that is looked at. */
export type Tell = (kind: string, detail: string) => void;
