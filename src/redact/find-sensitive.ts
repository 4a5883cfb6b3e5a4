import { personalRules, secretRules, type SensitiveRule } from "./sensitive-rules.ts";

/** A stretch of a text that should not leave the house: UTF-16 offsets. */
export interface Sensitive {
  readonly kind: SensitiveRule["kind"];
  readonly start: number;
  readonly end: number;
}

/** Everything that the rules find, in order, none overlapping. */
export function findSensitive(text: string, { personal }: { readonly personal: boolean }): Sensitive[] {
  const found = privateKeys(text);
  for (const { kind, pattern, hints, accepts } of personal ? [...secretRules, ...personalRules] : secretRules) {
    if (hints.length > 0 && !hints.some((hint) => text.includes(hint))) continue;
    for (const match of text.matchAll(pattern)) {
      const value = match[1] ?? match[0];
      if (accepts !== undefined && !accepts(value)) continue;
      const start = match.index + (match[1] === undefined ? 0 : match[0].lastIndexOf(value));
      found.push({ kind, start, end: start + value.length });
    }
  }
  return apart(found);
}

/** Of stretches that overlap, a secret stays rather than what only tells of people, and then the earlier, the longer one. */
export function apart(found: readonly Sensitive[]): Sensitive[] {
  if (found.length < 2) return [...found];
  const secrets = inOrder(found.filter(({ kind }) => kind === "SECRET"));
  const others = found.filter(({ kind }) => kind !== "SECRET");
  if (others.length === 0) return secrets;
  const free = others.filter(({ start, end }) => !secrets.some((secret) => start < secret.end && end > secret.start));
  return inOrder([...secrets, ...free]);
}

function inOrder(found: readonly Sensitive[]): Sensitive[] {
  let end = 0;
  return found
    .toSorted((a, b) => a.start - b.start || b.end - a.end)
    .filter((one) => {
      if (one.start < end) return false;
      end = one.end;
      return true;
    });
}

const [begin, ending] = [/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----/g, /-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----/g];

/** Whole blocks of PEM; one without an end goes on to the end of the text. By scanning, as blocks are long. */
function privateKeys(text: string): Sensitive[] {
  const found: Sensitive[] = [];
  if (!text.includes("PRIVATE KEY-----")) return found;
  let after = 0;
  for (const match of text.matchAll(begin)) {
    if (match.index < after) continue;
    const end = new RegExp(ending);
    end.lastIndex = match.index;
    const last = end.exec(text);
    after = last === null ? text.length : last.index + last[0].length;
    found.push({ kind: "SECRET", start: match.index, end: after });
  }
  return found;
}
