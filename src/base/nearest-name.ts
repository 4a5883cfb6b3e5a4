const shortestBeginning = 4;

/** The known name most like what was written, if it is like enough to be meant, also one of which it is the beginning; ties go to the first. */
export function nearestName(written: string, known: readonly string[]): string | null {
  const most = Math.max(2, Math.ceil(written.length / 3));
  let best: string | null = null;
  let bestDistance = most + 1;
  for (const name of known) {
    const [one, other] = [written.toLowerCase(), name.toLowerCase()];
    const begins = one.length >= shortestBeginning && other.startsWith(one);
    const distance = begins ? Math.min(most, editDistance(one, other)) : editDistance(one, other);
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
