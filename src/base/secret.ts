import { inspect } from "node:util";

/**
 * A value that must never be written: it has no enumerable content, prints as its name, and its value is only
 * reached by `reveal`, which belongs at the last step before the network.
 */
export class Secret {
  readonly #value: string;
  readonly name: string;

  constructor(name: string, value: string) {
    this.name = name;
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toJSON(): string {
    return `env:${this.name}`;
  }

  toString(): string {
    return `env:${this.name}`;
  }

  [inspect.custom](): string {
    return `env:${this.name}`;
  }
}

/** Replaces the values of secrets in everything that is written, because a server's error text may echo them. */
export interface Scrubber {
  text(text: string): string;
}

/** Values shorter than this are not scrubbed: they would occur by chance in ordinary text. */
const shortestScrubbed = 6;

export function createScrubber(secrets: readonly Secret[]): Scrubber {
  const replacements = secrets.flatMap(formsOf);
  replacements.sort(([a], [b]) => b.length - a.length);
  return {
    text: (text) =>
      replacements.reduce((scrubbed, [from, to]) => (scrubbed.includes(from) ? scrubbed.split(from).join(to) : scrubbed), text),
  };
}

/**
 * A value as such, without white space around it, inside a JSON string (with and without `\/`), inside JSON that is itself a JSON
 * string (a call's arguments), percent-encoded in either case, and as HTML.
 */
function formsOf(secret: Secret): [string, string][] {
  const value = secret.reveal().toWellFormed();
  const escaped = jsonInner(value);
  const percent = encodeURIComponent(value);
  const lowerPercent = percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const forms = new Set([
    value,
    value.trim(),
    escaped,
    escaped.replaceAll("/", "\\/"),
    jsonInner(escaped),
    percent,
    lowerPercent,
    value.replace(/[&<>"']/g, (mark) => htmlMarks[mark] ?? mark),
  ]);
  return [...forms].filter((form) => form.trim().length >= shortestScrubbed).map((form) => [form, `[env:${secret.name}]`]);
}

const htmlMarks: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function jsonInner(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
