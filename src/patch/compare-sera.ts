import type { PatchScore } from "../records/patch-score.ts";
import { scoreCounts, undefinedReason, type UndefinedReason } from "./score-counts.ts";

export interface SeraComparison extends PatchScore {
  readonly reason: UndefinedReason | null;
}

/** Where Python's `str.splitlines` ends a line. */
const lineEnds = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;

/** What Python's `str.strip` takes for white space: unlike JavaScript's, with U+001C to U+001F and U+0085 and without U+FEFF. */
const onlyWhiteSpace = /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/;

/**
 * The authors' counting with its faults, so that published thresholds mean the same (reference.md §f): any text will do, file
 * names do not count, changed lines that look like headers are passed over, and odd line ends cut lines. `recall` is their score of
 * the second patch against the first; `precision` is their score the other way round. Bytes are read as UTF-8. Linear time.
 */
export function compareSera(first: Uint8Array | string, second: Uint8Array | string): SeraComparison {
  const wanted = countedLines(first);
  const produced = countedLines(second);
  const left = new Map<string, number>();
  for (const line of produced) left.set(line, (left.get(line) ?? 0) + 1);
  let matched = 0;
  for (const line of wanted) {
    const count = left.get(line) ?? 0;
    if (count === 0) continue;
    left.set(line, count - 1);
    matched++;
  }
  const counts = { matched, firstLines: wanted.length, secondLines: produced.length };
  return { ...scoreCounts(counts), reason: undefinedReason(counts) };
}

function countedLines(patch: Uint8Array | string): string[] {
  const text = typeof patch === "string" ? patch : Buffer.from(patch.buffer, patch.byteOffset, patch.byteLength).toString("utf8");
  return text.split(lineEnds).filter(isCounted);
}

function isCounted(line: string): boolean {
  if (!line.startsWith("+") && !line.startsWith("-")) return false;
  if (line.startsWith("---") || line.startsWith("+++")) return false;
  return !onlyWhiteSpace.test(line.slice(1));
}
