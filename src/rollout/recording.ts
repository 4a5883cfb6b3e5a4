import { addEntry } from "../ledger/spending.ts";
import type { Journal } from "../ledger/journal.ts";
import type { JournalEntry } from "../records/journal-entry.ts";
import { noSpending, type Spending } from "../records/usage.ts";

type Reply = Extract<JournalEntry, { kind: "reply" }>;
export type RecordedObservation = Extract<JournalEntry, { kind: "observation" }>;

/**
 * What the journal knows of one piece of work, and the only way it adds to it: replies that need not be bought again,
 * observations to compare with, the next try of each turn, and what was spent.
 */
export class Recording {
  readonly key: string;
  readonly #journal: Journal;
  readonly #replies = new Map<number, Reply>();
  readonly #observations = new Map<number, RecordedObservation>();
  readonly #tries = new Map<number, number>();
  readonly #costsUsd = new Map<number, number>();
  #divergedAtStep: number | null = null;
  #spending: Spending = noSpending;

  private constructor(key: string, journal: Journal) {
    this.key = key;
    this.#journal = journal;
  }

  static async open(key: string, journal: Journal): Promise<Recording> {
    const recording = new Recording(key, journal);
    for (const entry of await journal.read(key)) recording.#note(entry);
    return recording;
  }

  get spending(): Spending {
    return this.#spending;
  }

  /** The first turn whose observation came out otherwise in a later process; null: none did. */
  get divergedAtStep(): number | null {
    return this.#divergedAtStep;
  }

  /** What is known to have been paid for the turns before this one, so that a replay meets a limit where it was met at first. */
  costUsdBefore(turn: number): number {
    return [...this.#costsUsd].reduce((sum, [paidFor, costUsd]) => (paidFor < turn ? sum + costUsd : sum), 0);
  }

  reply(turn: number): Reply | null {
    return this.#replies.get(turn) ?? null;
  }

  observation(turn: number): RecordedObservation | null {
    return this.#observations.get(turn) ?? null;
  }

  nextTry(turn: number): number {
    return (this.#tries.get(turn) ?? 0) + 1;
  }

  /** Returns when the entry is durable. */
  async write(entry: JournalEntry): Promise<void> {
    this.#note(entry);
    await this.#journal.write(entry);
  }

  #note(entry: JournalEntry): void {
    this.#spending = addEntry(this.#spending, entry);
    if (entry.kind === "intent") this.#tries.set(entry.turn, Math.max(entry.try, this.#tries.get(entry.turn) ?? 0));
    if (entry.kind === "reply" || entry.kind === "call-failure") {
      this.#costsUsd.set(entry.turn, (this.#costsUsd.get(entry.turn) ?? 0) + (entry.costUsd ?? 0));
    }
    if (entry.kind === "reply") this.#replies.set(entry.turn, entry);
    if (entry.kind === "observation") this.#observations.set(entry.turn, entry);
    if (entry.kind === "superseded") this.#forgetFrom(entry.turn);
  }

  #forgetFrom(turn: number): void {
    this.#divergedAtStep = Math.min(turn - 1, this.#divergedAtStep ?? turn - 1);
    for (const recorded of [this.#replies, this.#observations]) {
      for (const key of recorded.keys()) if (key >= turn) recorded.delete(key);
    }
  }
}
