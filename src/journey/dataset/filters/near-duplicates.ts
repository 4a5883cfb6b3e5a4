import type { ParsedPatch } from "../../../patch/parsed-patch.ts";

/** Hash functions of a signature, and words in a row that are compared. */
const hashes = 128;
const shingleWords = 3;
/** Shingles of a patch that are compared exactly; of a longer one those with the smallest hashes stand for all. */
const sketchSize = 256;
/** Chance to miss a pair just at the threshold that is accepted for looking at few pairs. */
const acceptedMiss = 0.001;

/**
 * What near duplicates of a patch are told by: `signature` finds candidates (MinHash), `sketch` compares them: the smallest hashes of its
 * shingles, ascending, all of them where there are no more than 256.
 */
export interface PatchSketch {
  readonly signature: Uint32Array;
  readonly sketch: Uint32Array;
}

/** Words of the changed lines in order, signs among them, three in a row, whatever the white space; null: a patch without changed lines. */
export function sketchOf(patch: ParsedPatch): PatchSketch | null {
  const shingles = new Set<number>();
  for (const { hunks } of patch.files) {
    const words = hunks.flatMap(({ lines }) =>
      lines.flatMap(({ sign, text }) => (sign === " " ? [] : [sign, ...(text.match(/\w+|[^\s\w]/g) ?? [])])),
    );
    const last = Math.max(0, words.length - shingleWords);
    if (words.length > 0) for (let at = 0; at <= last; at++) shingles.add(hashOf(words.slice(at, at + shingleWords).join(" ")));
  }
  if (shingles.size === 0) return null;
  const signature = new Uint32Array(hashes).fill(0xffffffff);
  for (const shingle of shingles) {
    for (let index = 0; index < hashes; index++) {
      const hash = mixed(shingle ^ Math.imul(index + 1, 0x9e3779b1));
      if (hash < (signature[index] ?? 0)) signature[index] = hash;
    }
  }
  return { signature, sketch: Uint32Array.from(shingles).toSorted().slice(0, sketchSize) };
}

/** Remembers patches and says of a new one whether an earlier one is as similar as the threshold says. Deterministic. */
export class NearDuplicates {
  readonly #threshold: number;
  readonly #rows: number;
  readonly #bands: Map<string, PatchSketch[]>[];

  constructor(threshold: number) {
    this.#threshold = threshold;
    this.#rows = rowsFor(threshold);
    this.#bands = Array.from({ length: hashes / this.#rows }, () => new Map());
  }

  has(patch: PatchSketch): boolean {
    const compared = new Set<PatchSketch>();
    for (const [band, buckets] of this.#bands.entries()) {
      for (const earlier of buckets.get(this.#bucket(patch, band)) ?? []) {
        if (compared.has(earlier)) continue;
        compared.add(earlier);
        if (similarity(patch.sketch, earlier.sketch) >= this.#threshold) return true;
      }
    }
    return false;
  }

  add(patch: PatchSketch): void {
    for (const [band, buckets] of this.#bands.entries()) {
      const key = this.#bucket(patch, band);
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [patch]);
      else bucket.push(patch);
    }
  }

  #bucket({ signature }: PatchSketch, band: number): string {
    return signature.subarray(band * this.#rows, (band + 1) * this.#rows).join(" ");
  }
}

/** Hashes of a band: the more, the fewer pairs are compared; as many as still find pairs at the threshold. */
function rowsFor(threshold: number): number {
  const missed = (rows: number): number => (1 - threshold ** rows) ** (hashes / rows);
  return [16, 8, 4, 2].find((rows) => missed(rows) < acceptedMiss) ?? 1;
}

/** Jaccard similarity by the smallest hashes of the union (bottom-k); exact where both sketches hold all shingles. */
function similarity(first: Uint32Array, second: Uint32Array): number {
  let [a, b, union, shared] = [0, 0, 0, 0];
  const isWhole = first.length < sketchSize && second.length < sketchSize;
  const most = isWhole ? Infinity : sketchSize;
  while ((a < first.length || b < second.length) && union < most) {
    const [left, right] = [first[a] ?? Infinity, second[b] ?? Infinity];
    if (left === right) shared++;
    if (left <= right) a++;
    if (right <= left) b++;
    union++;
  }
  return shared / union;
}

/** FNV-1a over UTF-16 code units, finished. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mixed(hash);
}

function mixed(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
