import type { SelectedSample } from "../../records/sample.ts";

/** `termsAllowTraining` null: not known. */
export interface TeacherTotal {
  readonly name: string | null;
  readonly samples: number;
  readonly termsAllowTraining: boolean | null;
}

/** `licence`: SPDX id; null: not known. */
export interface RepositoryTotal {
  readonly name: string | null;
  readonly licence: string | null;
  readonly samples: number;
}

/** What a dataset's samples are in all. `tokens` null: not every sample was counted. */
export interface Totals {
  readonly samples: number;
  readonly kinds: { readonly t1: number; readonly t2: number };
  readonly tokens: number | null;
  readonly truncated: number;
  readonly redactions: number;
  /** Samples of second rollouts by recall: ten bands from 0, the last with 1; `recallUnknown`: those without. */
  readonly recallTenths: readonly number[];
  readonly recallUnknown: number;
  readonly teachers: readonly TeacherTotal[];
  readonly repositories: readonly RepositoryTotal[];
}

/** Adds up samples as they pass; what it holds does not grow with their number. */
export class DatasetTotals {
  #samples = 0;
  readonly #kinds = { t1: 0, t2: 0 };
  #tokens: number | null = 0;
  #truncated = 0;
  #redactions = 0;
  readonly #tenths = Array.from({ length: 10 }, () => 0);
  #recallUnknown = 0;
  readonly #teachers = new Map<string, TeacherTotal>();
  readonly #repositories = new Map<string, RepositoryTotal>();

  add({ sample, tokens, ratios, redactions }: SelectedSample): void {
    const { provenance, kind, scores } = sample;
    this.#samples++;
    if (kind !== null) this.#kinds[kind]++;
    this.#tokens = tokens === null || this.#tokens === null ? null : this.#tokens + tokens;
    if (ratios !== null && ratios.messages < 1) this.#truncated++;
    this.#redactions += redactions;
    if (kind !== "t1") this.#addRecall(scores?.recall ?? null);
    const { teacher, termsAllowTraining, repository, licence } = provenance;
    count(this.#teachers, { name: teacher, termsAllowTraining });
    count(this.#repositories, { name: repository, licence });
  }

  get totals(): Totals {
    return {
      samples: this.#samples,
      kinds: { ...this.#kinds },
      tokens: this.#tokens,
      truncated: this.#truncated,
      redactions: this.#redactions,
      recallTenths: [...this.#tenths],
      recallUnknown: this.#recallUnknown,
      teachers: sorted(this.#teachers),
      repositories: sorted(this.#repositories),
    };
  }

  #addRecall(recall: number | null): void {
    if (recall === null) this.#recallUnknown++;
    else {
      const tenth = Math.min(9, Math.floor(recall * 10));
      this.#tenths[tenth] = (this.#tenths[tenth] ?? 0) + 1;
    }
  }
}

function count<Origin extends object>(counts: Map<string, Origin & { readonly samples: number }>, origin: Origin): void {
  const key = JSON.stringify(origin);
  counts.set(key, { ...origin, samples: (counts.get(key)?.samples ?? 0) + 1 });
}

function sorted<Total>(totals: ReadonlyMap<string, Total>): Total[] {
  return [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total);
}

/** The teacher's name under which the built-in teacher's samples go: they are for trying the machine, not for training. */
export const scriptedTeacher = "scripted";

export function isScripted({ teachers }: Pick<Totals, "teachers">): boolean {
  return teachers.some(({ name }) => name === scriptedTeacher);
}
