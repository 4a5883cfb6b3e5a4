import { createReadStream } from "node:fs";

/** One line of a JSONL file: its 1-based number and its value, or why it could not be read. */
export type JsonLine = { readonly line: number; readonly value: unknown } | { readonly line: number; readonly problem: string };

/** Streams a JSONL file; blank lines are passed over, a bad line is named and the rest is read. */
export async function* readJsonLines(path: string): AsyncGenerator<JsonLine> {
  let line = 0;
  for await (const text of readLines(path)) {
    line++;
    if (text.trim() === "") continue;
    yield parseLine(line, text);
  }
}

/** Splits at "\n" only: node:readline also splits at U+2028, which JSON text may contain. */
async function* readLines(path: string): AsyncGenerator<string> {
  // Pieces of one line, joined once: a line may be as long as a repository.
  let begun: string[] = [];
  for await (const chunk of createReadStream(path, "utf8")) {
    const [first = "", ...others] = String(chunk).split("\n");
    begun.push(first);
    for (const part of others) {
      yield begun.join("");
      begun = [part];
    }
  }
  const rest = begun.join("");
  if (rest !== "") yield rest;
}

function parseLine(line: number, text: string): JsonLine {
  try {
    return { line, value: JSON.parse(line === 1 ? text.replace(/^\ufeff/, "") : text) };
  } catch (error) {
    return { line, problem: error instanceof Error ? error.message : String(error) };
  }
}
