import { createHash, randomBytes } from "node:crypto";
import { open, readdir, rename, rm, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { makeFolder, syncFolder, writeFileAtomic } from "../../base/atomic-file.ts";
import { hermesDefaults, toHermes, type HermesReasoning } from "../../formats/hermes.ts";
import { toMessages } from "../../formats/messages.ts";
import { atStorage } from "../../ledger/storage-error.ts";
import type { Sample } from "../../records/sample.ts";
import { collectSamples, DropCounter, type SampleSource, type Selection } from "./collect-samples.ts";
import { manifestName, type DatasetManifest } from "./dataset-manifest.ts";

export type DatasetFormat = "canonical" | "hermes" | "messages";

/** One written file: absolute path, SHA-256 of its bytes, rows. */
export interface DatasetFile {
  readonly path: string;
  readonly sha256: string;
  readonly rows: number;
}

/**
 * What was written. `samples`: rows of the canonical selection; `kinds`: of them, those of first and of second rollouts; `dropped`:
 * what was left out, by reason, per format where it differs; `flagged`: samples with safety flags, taken or not, by the gravest.
 */
export interface WrittenDataset {
  readonly samples: number;
  readonly kinds: { readonly t1: number; readonly t2: number };
  readonly files: readonly DatasetFile[];
  readonly dropped: Readonly<Record<string, number>>;
  readonly flagged: Readonly<Record<string, number>>;
}

export interface DatasetOrder {
  readonly source: SampleSource;
  readonly selection: Selection;
  readonly formats: readonly DatasetFormat[];
  readonly reasoning: HermesReasoning;
  /** Absolute folder; made when it is not there. */
  readonly folder: string;
}

const fileNames: Record<DatasetFormat, string> = { canonical: "samples.jsonl", hermes: "hermes.jsonl", messages: "messages.jsonl" };

/**
 * Ledger in; JSONL files out, streamed. Files come under temporary names and are renamed when all are whole, the manifest last, so that
 * a folder with a manifest holds a complete dataset; until then an earlier one stays as it was. Bytes depend on the ledger and the order's
 * selection, formats and reasoning alone. Throws StorageError.
 */
export async function writeDataset(order: DatasetOrder): Promise<WrittenDataset> {
  return await atStorage(`the dataset in ${order.folder}`, async () => {
    await makeFolder(order.folder);
    const writers: JsonlWriter[] = [];
    try {
      for (const format of order.formats) writers.push(await JsonlWriter.open(join(order.folder, fileNames[format]), format));
      return await fill(order, writers);
    } finally {
      for (const writer of writers) await writer.discard();
    }
  });
}

async function fill(order: DatasetOrder, writers: readonly JsonlWriter[]): Promise<WrittenDataset> {
  const dropped = new DropCounter();
  const kinds = { t1: 0, t2: 0 };
  let samples = 0;
  for await (const sample of collectSamples(order.source, order.selection, dropped)) {
    samples++;
    if (sample.kind !== null) kinds[sample.kind]++;
    for (const writer of writers) await writer.add(sample, order.reasoning, dropped);
  }
  for (const writer of writers) await writer.end();
  await rm(join(order.folder, manifestName), { force: true });
  await syncFolder(order.folder);
  const files: DatasetFile[] = [];
  for (const writer of writers) files.push(await writer.place());
  const written = { samples, kinds, files, dropped: dropped.counts, flagged: dropped.flagged };
  await writeManifest(order, written);
  return written;
}

async function writeManifest(order: DatasetOrder, written: WrittenDataset): Promise<void> {
  const files = written.files.map(({ path, ...rest }) => ({ name: basename(path), ...rest }));
  const { selection, reasoning } = order;
  const { samples, kinds, dropped, flagged } = written;
  const manifest: DatasetManifest = {
    version: 2,
    selection,
    reasoning,
    samples,
    kinds,
    dropped: { ...dropped },
    flagged: { ...flagged },
    files,
  };
  await writeFileAtomic(join(order.folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** One JSONL file in the making. */
class JsonlWriter {
  readonly #path: string;
  readonly #temporary: string;
  readonly #format: DatasetFormat;
  readonly #file: FileHandle;
  readonly #hash = createHash("sha256");
  #rows = 0;
  #isOpen = true;

  private constructor(parts: {
    readonly path: string;
    readonly temporary: string;
    readonly format: DatasetFormat;
    readonly file: FileHandle;
  }) {
    this.#path = parts.path;
    this.#temporary = parts.temporary;
    this.#format = parts.format;
    this.#file = parts.file;
  }

  static async open(path: string, format: DatasetFormat): Promise<JsonlWriter> {
    await removeLeftovers(path);
    const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString("hex")}.tmp`);
    return new JsonlWriter({ path, temporary, format, file: await open(temporary, "wx") });
  }

  async add(sample: Sample, reasoning: HermesReasoning, dropped: DropCounter): Promise<void> {
    const row = rowOf(this.#format, sample, reasoning);
    if (typeof row === "string") return dropped.add(`${this.#format}:${row}`);
    const line = Buffer.from(`${JSON.stringify(row)}\n`);
    this.#hash.update(line);
    this.#rows++;
    // Not `write`, which on a disk that is all but full may write a part and call that done.
    await this.#file.writeFile(line);
  }

  /** Every row has come and would survive power loss, under a temporary name. */
  async end(): Promise<void> {
    await this.#file.sync();
    await this.#close();
  }

  /** Gives what was ended its name. */
  async place(): Promise<DatasetFile> {
    await rename(this.#temporary, this.#path);
    return { path: this.#path, sha256: this.#hash.digest("hex"), rows: this.#rows };
  }

  /** Removes what has no name yet; after `place` it does nothing. */
  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    await rm(this.#temporary, { force: true });
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#file.close();
  }
}

/** What a killed process had of this file. */
async function removeLeftovers(path: string): Promise<void> {
  const names = await readdir(dirname(path));
  const ours = names.filter((name) => name.startsWith(`.${basename(path)}.`) && name.endsWith(".tmp"));
  for (const name of ours) await rm(join(dirname(path), name), { force: true });
}

/** A row of the format, or the reason why the sample has none. */
function rowOf(format: DatasetFormat, sample: Sample, reasoning: HermesReasoning): object | string {
  switch (format) {
    case "canonical":
      return sample;
    case "messages":
      return toMessages(sample);
    case "hermes": {
      const row = toHermes(sample, { ...hermesDefaults, reasoning });
      return row.ok ? row.value : row.error.reason;
    }
  }
}
