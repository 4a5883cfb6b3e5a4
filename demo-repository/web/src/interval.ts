/** Days as whole numbers since 1970-01-01, so that arithmetic needs no time zone. */
export interface Interval {
  readonly first: number;
  /** Included. */
  readonly last: number;
}

const DAY_MS = 86_400_000;

export function dayOf(text: string): number {
  const matched = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (matched === null) throw new RangeError(`not a day: ${text}`);
  const [, year, month, day] = matched.map(Number);
  const time = Date.UTC(year ?? 0, (month ?? 0) - 1, day);
  if (new Date(time).getUTCDate() !== day) throw new RangeError(`no such day: ${text}`);
  return time / DAY_MS;
}

export function textOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

export function interval(first: number, last: number = first): Interval {
  if (last < first) throw new RangeError("an interval cannot end before it begins");
  return { first, last };
}

export const lengthOf = ({ first, last }: Interval): number => last - first + 1;

export function overlaps(a: Interval, b: Interval): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** The same days in as few intervals as possible, in order. */
export function union(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals.toSorted((a, b) => a.first - b.first);
  const merged: Interval[] = [];
  for (const next of sorted) {
    const previous = merged.at(-1);
    if (previous !== undefined && next.first <= previous.last + 1) {
      merged[merged.length - 1] = { first: previous.first, last: Math.max(previous.last, next.last) };
    } else {
      merged.push(next);
    }
  }
  return merged;
}

/** What is left of `whole` without `taken`. */
export function subtract(whole: Interval, taken: readonly Interval[]): Interval[] {
  const left: Interval[] = [];
  let day = whole.first;
  for (const { first, last } of union(taken)) {
    if (last < day) continue;
    if (first > whole.last) break;
    if (first > day) left.push({ first: day, last: first - 1 });
    day = last + 1;
  }
  if (day <= whole.last) left.push({ first: day, last: whole.last });
  return left;
}

/** The first gap of so many days, or null. */
export function firstFree(whole: Interval, taken: readonly Interval[], days: number): Interval | null {
  const fits = (gap: Interval): boolean => lengthOf(gap) >= days;
  const gap = subtract(whole, taken).find(fits);
  return gap === undefined ? null : { first: gap.first, last: gap.first + days - 1 };
}

export function* daysOf({ first, last }: Interval): Generator<string> {
  for (let day = first; day <= last; day++) yield textOf(day);
}
