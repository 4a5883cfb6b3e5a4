import type { HunkLine } from "./parsed-patch.ts";

/** A line that a patch adds or removes. */
export type ChangedLine = HunkLine & { readonly sign: "+" | "-" };

/** The form in which a line is compared with others of its sign. */
export type KeyOf = (line: ChangedLine) => string;

/** Lines of the first patch and of the second. */
export interface BothLines {
  readonly first: readonly ChangedLine[];
  readonly second: readonly ChangedLine[];
}

export interface PairedLines {
  /** In the order of the first patch. */
  readonly pairs: readonly (readonly [ChangedLine, ChangedLine])[];
  readonly unpaired: BothLines;
}

/** Pairs equal lines in the order they come: the first of one patch with the first of the other, and so on. Linear time. */
export function pairLines({ first, second }: BothLines, keyOf: KeyOf): PairedLines {
  if (first.length === 0 || second.length === 0) return { pairs: [], unpaired: { first, second } };
  const heads = { "+": new Map<string, number>(), "-": new Map<string, number>() };
  const next = chainEqual(second, heads, keyOf);
  /** For the head of a chain, its first line that has no partner yet. */
  const free = next.map((_, index) => index);
  const taken = new Uint8Array(second.length);
  const pairs: [ChangedLine, ChangedLine][] = [];
  const alone: ChangedLine[] = [];
  for (const line of first) {
    const head = heads[line.sign].get(keyOf(line)) ?? none;
    const at = free[head] ?? none;
    const partner = second[at];
    if (partner === undefined) alone.push(line);
    else {
      free[head] = next[at] ?? none;
      taken[at] = 1;
      pairs.push([line, partner]);
    }
  }
  return { pairs, unpaired: { first: alone, second: second.filter((_, index) => taken[index] === 0) } };
}

/** The index of no line. */
const none = -1;

/** Chains equal lines: `heads` gets the index of the first one of each sign and key; returned is for each line that of the next equal one. */
function chainEqual(lines: readonly ChangedLine[], heads: Readonly<Record<"+" | "-", Map<string, number>>>, keyOf: KeyOf): Int32Array {
  const next = new Int32Array(lines.length);
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = lines[index] as ChangedLine;
    const ofSign = heads[line.sign];
    const key = keyOf(line);
    next[index] = ofSign.get(key) ?? none;
    ofSign.set(key, index);
  }
  return next;
}
