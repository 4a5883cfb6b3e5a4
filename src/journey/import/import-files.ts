import PQueue from "p-queue";
import { readForeign, type ImportedConversation, type ImportSource } from "../../formats/read-foreign.ts";
import type { ImportedSource } from "./list-imported.ts";
import { importedKey, importedPatchSize, importedTexts, storeImported } from "./store-imported.ts";

/** `into`: where samples go; null: they are only read. `onConversation`: told of each that could be read, as it comes. */
export interface ImportOrder {
  readonly files: readonly string[];
  readonly from: ImportSource;
  readonly into: ImportedSource | null;
  readonly signal: AbortSignal;
  readonly onConversation?: (conversation: ImportedConversation) => void;
}

/** A row that is no sample: where it stands and why. `line` 0: the file as a whole. */
export interface RefusedRow {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
  readonly detail: string;
}

/**
 * What became of the rows. `imported`: samples that are new in the run; `known`: those it had, so that the same file twice changes nothing;
 * `dropped` and `notes`: counts by reason; `refused`: the first of the dropped of each reason, with their places.
 */
export interface ImportTotals {
  readonly imported: number;
  readonly known: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly notes: Readonly<Record<string, number>>;
  readonly refused: readonly RefusedRow[];
}

const mostTold = 20;
/** Samples that are written at once: each waits for the disk several times. */
const writers = 32;

/** Files of another program in; samples in a run out, each under the hash of what its file says. Throws the signal's reason and StorageError. */
export async function importFiles(order: ImportOrder): Promise<ImportTotals> {
  const importer = new Importer(order);
  for (const file of order.files) {
    for await (const { line, read } of readForeign(file, order.from)) {
      order.signal.throwIfAborted();
      if (read.ok) await importer.take(read.value, { file, line });
      else importer.refuse({ file, line, ...read.error });
    }
  }
  return await importer.end();
}

class Importer {
  readonly #order: ImportOrder;
  readonly #seen = new Set<string>();
  readonly #queue = new PQueue({ concurrency: writers });
  readonly #failures: unknown[] = [];
  readonly #dropped = new Map<string, number>();
  readonly #notes = new Map<string, number>();
  readonly #refused: RefusedRow[] = [];
  #imported = 0;
  #known = 0;

  constructor(order: ImportOrder) {
    this.#order = order;
  }

  refuse(row: RefusedRow): void {
    if (add(this.#dropped, row.reason) <= mostTold) this.#refused.push(row);
  }

  async take(conversation: ImportedConversation, place: Pick<RefusedRow, "file" | "line">): Promise<void> {
    const { into } = this.#order;
    this.#order.onConversation?.(conversation);
    const key = importedKey({ ...conversation, texts: importedTexts(conversation) });
    if (this.#seen.has(key)) return this.refuse({ ...place, reason: "duplicate-row", detail: `as sample ${key}` });
    this.#seen.add(key);
    for (const note of [...conversation.notes, ...patchNotes(conversation)]) add(this.#notes, note);
    if (into !== null && (await into.ledger.get("imported", key)) !== null) {
      this.#known++;
      return;
    }
    this.#imported++;
    if (into !== null) await this.#store(into, key, conversation);
  }

  /** Waits only while as many as are written at once wait already. */
  async #store(into: ImportedSource, key: string, conversation: ImportedConversation): Promise<void> {
    await this.#queue.onSizeLessThan(writers);
    if (this.#failures.length > 0) throw this.#failures[0];
    const task = async (): Promise<void> => await storeImported(into, key, conversation);
    void this.#queue.add(task).catch((error: unknown) => this.#failures.push(error));
  }

  async end(): Promise<ImportTotals> {
    await this.#queue.onIdle();
    if (this.#failures.length > 0) throw this.#failures[0];
    return {
      imported: this.#imported,
      known: this.#known,
      dropped: Object.fromEntries(this.#dropped),
      notes: Object.fromEntries(this.#notes),
      refused: this.#refused,
    };
  }
}

function add(counts: Map<string, number>, reason: string): number {
  const count = (counts.get(reason) ?? 0) + 1;
  counts.set(reason, count);
  return count;
}

/** A diff that is not a diff is kept as the file has it; its size and scores are then not known. */
function patchNotes({ patch, firstPatch }: ImportedConversation): string[] {
  return [patch, firstPatch].filter((text) => text !== null && importedPatchSize(text) === null).map(() => "unreadable-patches");
}
