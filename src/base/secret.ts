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

/** Values shorter than this are not looked for: they would occur by chance in ordinary text. */
export const shortestScrubbed = 6;

export function createScrubber(secrets: readonly Secret[]): Scrubber {
  const replacements = secrets.flatMap(formsOf);
  replacements.sort(([a], [b]) => b.length - a.length);
  return {
    text: (text) =>
      replacements.reduce((scrubbed, [from, to]) => (scrubbed.includes(from) ? scrubbed.split(from).join(to) : scrubbed), text),
  };
}

/** JSON in JSON that is looked into. A key without quotes and backslashes is the same at every depth. */
const deepestJson = 4;

/**
 * A value as such, without white space around it, inside a JSON string (with and without `\/`), inside JSON that is itself a JSON
 * string (a call's arguments; up to four deep), percent-encoded in either case, as HTML, as hexadecimal digits, and in base64 wherever it lies in what
 * was encoded (`Basic` credentials, say). A part of a value, as where a text was cut in its middle, is not found.
 */
function formsOf(secret: Secret): [string, string][] {
  const value = secret.reveal().toWellFormed();
  const nested = [jsonInner(value)];
  while (nested.length < deepestJson) nested.push(jsonInner(nested.at(-1) ?? ""));
  const percent = encodeURIComponent(value);
  const lowerPercent = percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const forms = new Set([
    value,
    value.trim(),
    ...nested,
    nested[0]?.replaceAll("/", "\\/") ?? "",
    percent,
    lowerPercent,
    value.replace(/[&<>"']/g, (mark) => htmlMarks[mark] ?? mark),
    Buffer.from(value).toString("hex"),
    Buffer.from(value).toString("hex").toUpperCase(),
    ...base64Forms(value),
  ]);
  return [...forms].filter((form) => form.trim().length >= shortestScrubbed).map((form) => [form, `[env:${secret.name}]`]);
}

/**
 * The characters of a base64 text that the value alone decides, for each of the three places at which it may begin in a group of three
 * bytes; the first and the last may hold bits of its neighbours and stay.
 */
function base64Forms(value: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    const own = bytes.toString("base64url").slice(before === 0 ? 0 : before + 1, bytes.length % 3 === 0 ? undefined : -1);
    const usual = own.replaceAll("-", "+").replaceAll("_", "/");
    return [own, usual, usual.replaceAll("/", "\\/"), encodeURIComponent(usual)];
  });
}

const htmlMarks: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function jsonInner(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
