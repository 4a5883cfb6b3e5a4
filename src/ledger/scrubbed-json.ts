import type { Scrubber } from "../base/secret.ts";

/**
 * JSON text without the values of secrets. Replacing in the text itself could break it (a secret of digits inside a number, one
 * that begins with the letter of an escape), so a text with a hit is taken apart and its strings are scrubbed.
 */
export function scrubbedJson(json: string, scrubber: Scrubber): string {
  return scrubber.text(json) === json ? json : JSON.stringify(scrubbedValue(JSON.parse(json), scrubber));
}

/** As scrubbedJson where the text is JSON, else the scrubbed text. */
export function scrubbedText(text: string, scrubber: Scrubber): string {
  const scrubbed = scrubber.text(text);
  if (scrubbed === text) return text;
  try {
    return scrubbedJson(text, scrubber);
  } catch {
    return scrubbed;
  }
}

function scrubbedValue(value: unknown, scrubber: Scrubber): unknown {
  if (typeof value === "string") return scrubber.text(value);
  if (Array.isArray(value)) return value.map((member) => scrubbedValue(member, scrubber));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [scrubber.text(key), scrubbedValue(member, scrubber)]));
}
