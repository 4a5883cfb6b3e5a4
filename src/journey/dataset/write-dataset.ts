import { createHash } from "node:crypto";
import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import { hermesDefaults, toHermes, type HermesReasoning } from "../../formats/hermes.ts";
import { toMessages } from "../../formats/messages.ts";
import type { Sample } from "../../records/sample.ts";
import { collectSamples, DropCounter, type SampleSource, type Selection } from "./collect-samples.ts";

export type DatasetFormat = "canonical" | "hermes" | "messages";

/** One written file: absolute path, SHA-256 of its bytes, rows. */
export interface DatasetFile {
  readonly path: string;
  readonly sha256: string;
  readonly rows: number;
}

/** What was written. `samples`: rows of the canonical selection; `dropped`: what was left out, by reason, per format where it differs. */
export interface WrittenDataset {
  readonly samples: number;
  readonly files: readonly DatasetFile[];
  readonly dropped: Readonly<Record<string, number>>;
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
 * Ledger in; JSONL files out, streamed. Files come under temporary names and are renamed when whole, the manifest last, so that a
 * folder with a manifest holds a complete dataset. Bytes depend on the ledger and the selection alone.
 */
export async function writeDataset(order: DatasetOrder): Promise<WrittenDataset> {
  await mkdir(order.folder, { recursive: true });
  await rm(join(order.folder, "manifest.json"), { force: true });
  const dropped = new DropCounter();
  const writers = await Promise.all(order.formats.map((format) => JsonlWriter.open(join(order.folder, fileNames[format]), format)));
  let samples = 0;
  try {
    for await (const sample of collectSamples(order.source, order.selection, dropped)) {
      samples++;
      for (const writer of writers) await writer.add(sample, order.reasoning, dropped);
    }
    const files = await Promise.all(writers.map((writer) => writer.finish()));
    await writeManifest(order, { samples, files, dropped: dropped.counts });
    return { samples, files, dropped: dropped.counts };
  } finally {
    await Promise.all(writers.map((writer) => writer.discard()));
  }
}

async function writeManifest(order: DatasetOrder, written: WrittenDataset): Promise<void> {
  const files = written.files.map(({ path, ...rest }) => ({ name: path.slice(order.folder.length + 1), ...rest }));
  const { selection, reasoning } = order;
  const manifest = { version: 1, selection, reasoning, samples: written.samples, dropped: written.dropped, files };
  await writeFileAtomic(join(order.folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** One JSONL file in the making. */
class JsonlWriter {
  readonly #path: string;
  readonly #format: DatasetFormat;
  readonly #file: FileHandle;
  readonly #hash = createHash("sha256");
  #rows = 0;
  #open = true;

  private constructor(path: string, format: DatasetFormat, file: FileHandle) {
    this.#path = path;
    this.#format = format;
    this.#file = file;
  }

  static async open(path: string, format: DatasetFormat): Promise<JsonlWriter> {
    return new JsonlWriter(path, format, await open(`${path}.${process.pid}.tmp`, "w"));
  }

  async add(sample: Sample, reasoning: HermesReasoning, dropped: DropCounter): Promise<void> {
    const row = rowOf(this.#format, sample, reasoning);
    if (typeof row === "string") return dropped.add(`${this.#format}:${row}`);
    const line = Buffer.from(`${JSON.stringify(row)}\n`);
    this.#hash.update(line);
    this.#rows++;
    await this.#file.write(line);
  }

  async finish(): Promise<DatasetFile> {
    await this.#file.sync();
    await this.#close();
    await rename(`${this.#path}.${process.pid}.tmp`, this.#path);
    return { path: this.#path, sha256: this.#hash.digest("hex"), rows: this.#rows };
  }

  /** Removes what was not finished; after `finish` it does nothing. */
  async discard(): Promise<void> {
    await this.#close();
    await rm(`${this.#path}.${process.pid}.tmp`, { force: true });
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close();
  }
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
