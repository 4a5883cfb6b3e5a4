import { jsonPieces } from "../base/json-text.ts";

/**
 * A JSON text in the spelling of Python's `json.dumps`: ", " and ": " between items, non-ASCII escaped. Order of keys and the digits of
 * numbers stay as they were written. Null: the text is not a JSON object.
 */
export function pythonJsonObject(text: string): string | null {
  const given = text.trim() === "" ? "{}" : text;
  try {
    const value: unknown = JSON.parse(given);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  } catch {
    return null;
  }
  return spell(given, (literal) => asciiJsonString(String(JSON.parse(literal))));
}

/** A value as `json.dumps(value, ensure_ascii=False)` and chat templates' `tojson` spell it. */
export function templateJson(value: unknown): string {
  return spell(JSON.stringify(value), (literal) => literal);
}

/** A string as JSON of ASCII characters only. */
export function asciiJsonString(text: string): string {
  return JSON.stringify(text).replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function spell(json: string, string: (literal: string) => string): string {
  const pieces = jsonPieces(json).map(({ kind, text }) =>
    kind === "string" ? string(text) : text.replaceAll(/\s+/g, "").replaceAll(/[,:]/g, "$& "),
  );
  return pieces.join("");
}
