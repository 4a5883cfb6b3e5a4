import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { syncFolder } from "../../base/atomic-file.ts";
import type { Scrubber } from "../../base/secret.ts";
import { JournalEntry } from "../../records/journal-entry.ts";
import type { Journal } from "../journal.ts";
import { scrubbedJson } from "../scrubbed-json.ts";
import { atStorage, storageTrouble } from "../storage-error.ts";
import { EntryIndex, type EntryPlace } from "./entry-index.ts";
import { readLine, segmentLine, segmentLines } from "./journal-segment.ts";
import { surveySegment, type SegmentSurvey } from "./segment-survey.ts";
import { SegmentWriter } from "./segment-writer.ts";

export interface LocalJournalOptions {
  readonly folder: string;
  readonly scrubber: Scrubber;
  /** A writer cuts torn tails, so it must hold the run's lock; a reader sees what was whole when it opened. */
  readonly write: boolean;
}

/** What a kill left behind the last whole entry of a segment, cut off when the journal was opened for writing. */
export interface CutTail {
  readonly segment: string;
  readonly bytes: number;
}

export interface LocalJournal extends Journal {
  readonly cutTails: readonly CutTail[];
  /** Lines skipped because their checksum does not fit although good ones follow; `check` names them. */
  readonly damagedLines: number;
}

interface Segment {
  readonly path: string;
  /** Bytes in which every entry we know of lies; grows for this process's own segment. */
  readonly end: () => number;
}

const what = "the journal";
const segmentName = /^\d{6}-.*\.journal$/;

/**
 * Opens the journal of a run: one segment a process, named by its place in the order of processes (which a clock that jumps cannot
 * disturb), its start, its process id and a random part. Throws StorageError.
 */
export async function openLocalJournal(options: LocalJournalOptions): Promise<LocalJournal> {
  return await atStorage(what, async () => {
    if (options.write) await makeFolder(options.folder);
    const segments: Segment[] = [];
    const cutTails: CutTail[] = [];
    const index = new EntryIndex();
    let damagedLines = 0;
    for (const path of await segmentPaths(options.folder)) {
      const segment = segments.length;
      const survey = await surveySegment(path, (await stat(path)).size, ({ json, ...place }) =>
        index.add(keyOf(json), { segment, ...place }),
      );
      if (options.write && survey.goodBytes < survey.totalBytes) cutTails.push(await cut(path, survey));
      damagedLines += survey.damaged.length;
      segments.push({ path, end: () => survey.goodBytes });
    }
    if (options.write) await makeDurable(options.folder, segments.at(-1)?.path);
    return new SegmentedJournal({ options, segments, cutTails, damagedLines, index });
  });
}

interface Parts {
  readonly options: LocalJournalOptions;
  readonly segments: Segment[];
  readonly cutTails: readonly CutTail[];
  readonly damagedLines: number;
  readonly index: EntryIndex;
}

class SegmentedJournal implements LocalJournal {
  readonly cutTails: readonly CutTail[];
  readonly damagedLines: number;
  readonly #segments: readonly Segment[];
  readonly #index: EntryIndex;
  readonly #scrubber: Scrubber;
  readonly #write: boolean;
  readonly #writer: SegmentWriter;
  readonly #own: number;

  constructor({ options, segments, cutTails, damagedLines, index }: Parts) {
    this.cutTails = cutTails;
    this.damagedLines = damagedLines;
    this.#index = index;
    this.#scrubber = options.scrubber;
    this.#write = options.write;
    const path = join(options.folder, newSegmentName(segments.at(-1)?.path));
    this.#writer = new SegmentWriter(path, what);
    this.#own = segments.length;
    this.#segments = [...segments, { path, end: () => this.#writer.durableBytes }];
  }

  async write(entry: JournalEntry): Promise<void> {
    if (!this.#write) throw new Error("write on a journal that is open for reading only");
    const { key, ...rest } = entry;
    const line = segmentLine(scrubbedJson(JSON.stringify({ key, ...rest }), this.#scrubber));
    const offset = await this.#writer.append(line);
    this.#index.add(key, { segment: this.#own, offset, length: line.length });
  }

  async read(key: string): Promise<readonly JournalEntry[]> {
    const bySegment = Map.groupBy(this.#index.places(key), ({ segment }) => segment);
    const entries: JournalEntry[] = [];
    for (const [segment, places] of bySegment) entries.push(...(await this.#readPlaces(segment, places)));
    return entries;
  }

  async *entries(): AsyncIterable<JournalEntry> {
    for (const segment of this.#segments) yield* this.#entriesOf(segment);
  }

  async check(): Promise<string[]> {
    return await atStorage(what, async () => {
      const problems: string[] = [];
      for (const [position, segment] of this.#segments.entries()) {
        if (segment.end() > 0 || position < this.#own) problems.push(...(await this.#checkSegment(segment, position)));
      }
      return problems;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await atStorage(what, async () => await this.#writer[Symbol.asyncDispose]());
  }

  async #readPlaces(segment: number, places: readonly EntryPlace[]): Promise<JournalEntry[]> {
    const path = this.#segments[segment]?.path ?? "";
    return await atStorage(what, async () => {
      await using file = await open(path, "r");
      const entries: JournalEntry[] = [];
      for (const { offset, length } of places) {
        const json = await readLine(file, offset, length);
        if (json === null) throw damagedSince(path, offset);
        entries.push(parsed(json));
      }
      return entries;
    });
  }

  async *#entriesOf({ path, end }: Segment): AsyncIterable<JournalEntry> {
    if (end() === 0) return;
    const batches = segmentLines(path, end());
    for (;;) {
      const batch = await atStorage(what, async () => await batches.next());
      if (batch.done === true) return;
      // Parsed at once, because the bytes live only until the next batch.
      yield* batch.value.flatMap(({ json }) => (json === null ? [] : [parsed(json)]));
    }
  }

  async #checkSegment({ path, end }: Segment, position: number): Promise<string[]> {
    const name = `journal ${basename(path)}`;
    const problems: string[] = [];
    const size = position === this.#own ? end() : (await stat(path)).size;
    const survey = await surveySegment(path, size, ({ json, offset }) => {
      const entry = JournalEntry.safeParse(JSON.parse(json.toString()));
      if (entry.success) return;
      const issue = entry.error.issues[0];
      problems.push(`${name}: the entry at byte ${offset} is not valid: ${issue?.path.join(".")}: ${issue?.message}`);
    });
    for (const offset of survey.damaged) problems.push(`${name}: the line at byte ${offset} is damaged (its checksum does not fit)`);
    // The newest segment may be a live process's, in the middle of a write; older tails were cut by the process that came after.
    if (position < this.#own - 1 && survey.goodBytes < size) problems.push(`${name}: torn after byte ${survey.goodBytes}`);
    return problems;
  }
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await syncFolder(join(folder, ".."));
}

/** A killed process may have written whole entries that it had not synced yet; from now on they count. */
async function makeDurable(folder: string, newest: string | undefined): Promise<void> {
  if (newest === undefined) return;
  await using file = await open(newest, "r+");
  await file.sync();
  await syncFolder(folder);
}

async function segmentPaths(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => segmentName.test(name))
    .toSorted()
    .map((name) => join(folder, name));
}

function newSegmentName(newest: string | undefined): string {
  const place = newest === undefined ? 1 : Number.parseInt(basename(newest), 10) + 1;
  const start = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  return `${String(place).padStart(6, "0")}-${start}-${process.pid}-${randomBytes(4).toString("hex")}.journal`;
}

async function cut(path: string, { goodBytes, totalBytes }: SegmentSurvey): Promise<CutTail> {
  await using file = await open(path, "r+");
  await file.truncate(goodBytes);
  await file.sync();
  return { segment: basename(path), bytes: totalBytes - goodBytes };
}

const keyHead = Buffer.from('{"key":"');

/** The key of an entry, without parsing the rest where the line begins as we write it. */
function keyOf(json: Buffer): string {
  if (json.subarray(0, keyHead.length).equals(keyHead)) {
    const key = json.toString("utf8", keyHead.length, json.indexOf(0x22, keyHead.length));
    if (!key.includes("\\")) return key;
  }
  return parsed(json).key;
}

function parsed(json: Buffer): JournalEntry {
  return JSON.parse(json.toString()) as JournalEntry;
}

function damagedSince(path: string, offset: number): Error {
  return storageTrouble(
    "journal-damaged",
    `The journal's segment ${basename(path)} was changed on the disk at byte ${offset} while it was in use.`,
  );
}
