import { readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { makeFolder, syncFolder, writeFileAtomic } from "../../base/atomic-file.ts";
import { Garbage } from "../../base/garbage.ts";
import { sha256Hex } from "../../base/hash.ts";
import type { Result } from "../../base/result.ts";
import { formatRow } from "../../formats/format-row.ts";
import type { HermesReasoning } from "../../formats/hermes.ts";
import { atStorage, storageTrouble } from "../../ledger/storage-error.ts";
import type { Sample, SelectedSample } from "../../records/sample.ts";
import type { Tokenizer } from "../../tokens/tokenizer.ts";
import type { DropCounter } from "./collect-samples.ts";
import { cardMark, datasetCard } from "./dataset-card.ts";
import { cardName, containers, datasetFormats, fileNameOf, provenanceName, type Container, type DatasetFormat } from "./dataset-format.ts";
import { manifestName, readManifest, type DatasetManifest } from "./dataset-manifest.ts";
import { DatasetTotals, type Totals } from "./dataset-totals.ts";
import { openJsonlWriter } from "./jsonl-writer.ts";
import { provenanceRow, type RowPositions } from "./provenance-row.ts";
import { renderedRow } from "./rendered-row.ts";
import { charactersOf } from "./sample-facts.ts";
import { openRowWriter, type DatasetFile, type RowWriter } from "./row-writer.ts";

/** What the manifest says of where a dataset comes from. */
export type DatasetOrigin = Pick<DatasetManifest, "tool" | "runs" | "selection" | "recipe">;

export interface DatasetOrder {
  readonly samples: AsyncIterable<SelectedSample>;
  /** Counts what the selection leaves out, and here what a format cannot hold. */
  readonly dropped: DropCounter;
  readonly formats: readonly DatasetFormat[];
  readonly container: Container;
  readonly reasoning: HermesReasoning;
  /** The student's; rendered rows need it. */
  readonly tokenizer: Tokenizer | null;
  readonly origin: DatasetOrigin;
  /** The report of overlaps with a benchmark, asked for when all samples have passed; null: none was given. */
  readonly decontamination?: () => unknown;
  /** Absolute folder; made when it is not there. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/**
 * What was written. `files`: the data, one a format; `dropped`: what was left out, by reason, per format where it differs; `flagged`:
 * samples with safety flags, taken or not, by the gravest.
 */
export interface WrittenDataset extends Totals {
  readonly files: readonly DatasetFile[];
  readonly dropped: Readonly<Record<string, number>>;
  readonly flagged: Readonly<Record<string, number>>;
}

interface FormatWriter {
  readonly format: DatasetFormat;
  readonly writer: RowWriter;
  rows: number;
}

/**
 * Samples in; files out, streamed. Files come under temporary names and are renamed when all are whole, the manifest last, so that a
 * folder with a manifest holds a complete dataset; until then an earlier one stays as it was, and then this one takes its place. Bytes depend on the samples and the order's
 * formats, container, reasoning and origin alone. Throws StorageError, and the signal's reason when it is aborted.
 */
export async function writeDataset(order: DatasetOrder): Promise<WrittenDataset> {
  return await atStorage(`the dataset in ${order.folder}`, async () => {
    await makeFolder(order.folder);
    await refuseForeignCard(order.folder);
    await using writers = new AsyncDisposableStack();
    const formats: FormatWriter[] = [];
    for (const format of order.formats) {
      const path = join(order.folder, fileNameOf(format, order.container));
      formats.push({ format, writer: writers.use(await openRowWriter(path, format, order.container)), rows: 0 });
    }
    const provenance = writers.use(await openJsonlWriter(join(order.folder, provenanceName)));
    return await fill(order, formats, provenance);
  });
}

/** A README that somebody wrote is not ours to replace. */
async function refuseForeignCard(folder: string): Promise<void> {
  const text = await readFile(join(folder, cardName), "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return cardMark;
    throw error;
  });
  if (!text.includes(cardMark))
    throw storageTrouble(
      "foreign-readme",
      `${join(folder, cardName)} is no card of a dataset: choose another folder, or move that file away.`,
    );
}

/** Characters of samples that were written and whose memory may wait to be freed; their rows are several times as many. */
const mostWritten = 8_000_000;

async function fill(order: DatasetOrder, formats: readonly FormatWriter[], provenance: RowWriter): Promise<WrittenDataset> {
  const totals = new DatasetTotals();
  const garbage = new Garbage(mostWritten);
  for await (const selected of order.samples) {
    order.signal.throwIfAborted();
    if (!isWellFormed(selected.sample)) {
      order.dropped.add("lone-surrogate");
      continue;
    }
    totals.add(selected);
    await provenance.add(provenanceRow(selected, await addRows(selected.sample, formats, order)));
    garbage.add(charactersOf(selected.sample));
  }
  for (const { writer } of formats) await writer.end();
  await provenance.end();
  order.signal.throwIfAborted();
  const before = await readManifest(order.folder);
  await rm(join(order.folder, manifestName), { force: true });
  await syncFolder(order.folder);
  await removeOtherData(order, before?.files.map(({ name }) => name) ?? []);
  const files: DatasetFile[] = [];
  for (const { writer } of formats) files.push(await writer.place());
  const { sha256 } = await provenance.place();
  const { counts, flagged } = order.dropped;
  const written = { ...totals.totals, files, dropped: { ...counts }, flagged: { ...flagged } };
  await conclude(order, written, sha256);
  return written;
}

/** Data that an earlier manifest named and this one will not: beside it, it would pass for a part of this dataset. */
async function removeOtherData({ folder, formats, container }: DatasetOrder, named: readonly string[]): Promise<void> {
  const kept = new Set(formats.map((format) => fileNameOf(format, container)));
  const all = containers.flatMap((each) => datasetFormats.map((format) => fileNameOf(format, each)));
  for (const name of all) if (named.includes(name) && !kept.has(name)) await rm(join(folder, name), { force: true });
}

async function addRows(sample: Sample, formats: readonly FormatWriter[], order: DatasetOrder): Promise<RowPositions> {
  const positions: Partial<Record<DatasetFormat, number | null>> = {};
  for (const each of formats) {
    const row = await rowOf(sample, each.format, order);
    positions[each.format] = row.ok ? each.rows++ : null;
    if (row.ok) await each.writer.add(row.value);
    else order.dropped.add(`${each.format}:${row.error.reason}`);
  }
  return positions;
}

async function rowOf(
  sample: Sample,
  format: DatasetFormat,
  { reasoning, tokenizer }: DatasetOrder,
): Promise<Result<object, { readonly reason: string }>> {
  if (format !== "rendered") return formatRow(sample, format, { reasoning, trainKey: true });
  if (tokenizer === null) throw new Error("rendered rows need a tokenizer");
  return await renderedRow(sample, reasoning, tokenizer);
}

/** Half a character has no bytes in UTF-8: readers of JSON and of Parquet refuse it, or put another in its place. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (Array.isArray(value)) return value.every(isWellFormed);
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, member]) => name.isWellFormed() && isWellFormed(member));
}

async function conclude(order: DatasetOrder, written: WrittenDataset, provenanceSha256: string): Promise<void> {
  const { reasoning, container, tokenizer, origin, formats } = order;
  const { samples, kinds, tokens, truncated, redactions, dropped, flagged, teachers, repositories } = written;
  const draft: DatasetManifest = {
    version: 3,
    ...origin,
    reasoning,
    container,
    tokenizer: tokenizer === null ? null : { name: tokenizer.name, id: tokenizer.id },
    samples,
    kinds,
    tokens,
    truncated,
    redactions,
    dropped: { ...dropped },
    notes: { ...order.dropped.notes },
    flagged: { ...flagged },
    teachers: [...teachers],
    repositories: [...repositories],
    decontamination: order.decontamination?.() ?? null,
    files: written.files.map(({ path, sha256, rows }, index) => ({
      name: basename(path),
      format: formats[index] ?? "canonical",
      sha256,
      rows,
    })),
    companions: [{ name: provenanceName, sha256: provenanceSha256 }],
  };
  const card = datasetCard(draft, written);
  await writeFileAtomic(join(order.folder, cardName), card);
  const manifest = { ...draft, companions: [...draft.companions, { name: cardName, sha256: sha256Hex(card) }] };
  await writeFileAtomic(join(order.folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
}
