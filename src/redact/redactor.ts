import { createHmac } from "node:crypto";
import { shortestScrubbed, type Secret } from "../base/secret.ts";
import { apart, findSensitive, type Sensitive } from "./find-sensitive.ts";

/**
 * Puts placeholders such as `<SECRET_0123456789ab>` in the place of secrets and personal data, and back. The same value has the same placeholder
 * under one key, so that texts still fit together; the values are held in memory alone. `count`: placeholders put so far.
 */
export interface Redactor {
  readonly count: number;
  readonly redact: (text: string) => string;
  /** Only placeholders that this redactor gave out are replaced. */
  readonly restore: (text: string) => string;
}

/** `key`: of the run; `secrets`: values that are known; `personal`: whether what tells of people goes as well. */
export interface RedactorOptions {
  readonly key: string;
  readonly secrets: readonly Secret[];
  readonly personal: boolean;
}

const mostPasses = 16;

const placeholder = /<(?:SECRET|EMAIL|PHONE|CARD|IBAN)_[0-9a-f]{12}>/g;

export function createRedactor({ key, secrets, personal }: RedactorOptions): Redactor {
  const values = new Map<string, string>();
  const known = secrets.map((secret) => secret.reveal()).filter((value) => value.trim().length >= shortestScrubbed);
  let count = 0;
  const placeholderOf = (kind: Sensitive["kind"], value: string): string => {
    const digest = createHmac("sha256", key).update(`${kind} ${value}`).digest("hex").slice(0, 12);
    const given = `<${kind}_${digest}>`;
    values.set(given, value);
    return given;
  };
  return {
    get count() {
      return count;
    },
    redact: (text) => {
      let redacted = text;
      // What goes may part what stood around it into something that is found only now.
      for (let pass = 0; pass < mostPasses; pass++) {
        const found = apart([...findSensitive(redacted, { personal }), ...knownIn(redacted, known)]).filter(outside(redacted));
        if (found.length === 0) break;
        count += found.length;
        redacted = replaced(redacted, found, placeholderOf);
      }
      return redacted;
    },
    restore: (text) => (values.size === 0 ? text : text.replaceAll(placeholder, (given) => values.get(given) ?? given)),
  };
}

function replaced(text: string, found: readonly Sensitive[], placeholderOf: (kind: Sensitive["kind"], value: string) => string): string {
  let at = 0;
  const parts = found.map(({ kind, start, end }) => {
    const part = text.slice(at, start) + placeholderOf(kind, text.slice(start, end));
    at = end;
    return part;
  });
  return parts.join("") + text.slice(at);
}

function knownIn(text: string, known: readonly string[]): Sensitive[] {
  return known.flatMap((value) => {
    const found: Sensitive[] = [];
    for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + value.length))
      found.push({ kind: "SECRET", start: at, end: at + value.length });
    return found;
  });
}

/** A placeholder is never taken for a value, so that redacting twice is redacting once. */
function outside(text: string): (found: Sensitive) => boolean {
  const given = text.includes("_") ? [...text.matchAll(placeholder)] : [];
  return ({ start, end }) => !given.some((match) => start < match.index + match[0].length && end > match.index);
}
