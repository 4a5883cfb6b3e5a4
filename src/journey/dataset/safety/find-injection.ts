import { fakeTurn, hiddenLetters, injectionRules } from "./injection-rules.ts";

/** What was found: the name of the rule, and the words with some around them. */
export interface Found {
  readonly rule: string;
  readonly excerpt: string;
}

/** Characters of an excerpt before and after what matched. */
const around = 60;
const longestMatch = 240;

/** The first text in `text` that gives orders to an AI; null: none. */
export function findInjection(text: string): Found | null {
  const hidden = hiddenLetters.exec(text);
  if (hidden !== null) return { rule: "hidden-letters", excerpt: readHidden(hidden[0]) };
  const turn = fakeTurn.exec(text);
  if (turn !== null) return { rule: "fake-turn", excerpt: turn[0].trim().slice(0, longestMatch).toWellFormed() };
  const reading = readingText(text);
  for (const { name, pattern } of injectionRules) {
    const match = pattern.exec(reading);
    if (match !== null) return { rule: name, excerpt: excerptOf(reading, match.index, match[0].length) };
  }
  return null;
}

/** A file's name and line number before a line, then marks of comments and quotes. */
const furniture =
  /^(?:[^\s:]{1,200}:\d+[:-])?[ \t]*(?:\d+[ \t:|-])?[ \t]*(?:[-+]?[ \t]*(?:\/\/+|\/\*+|\*+|#+|--+|;+|<!--|>+|"""|''')[ \t]*)*/gm;
const invisible = /[\u00ad\u200b-\u200d\u2060\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Text as a model reads it: one line, without line numbers, comment marks and invisible characters, letters in their plain form. */
function readingText(text: string): string {
  const plain = text.replace(invisible, "").normalize("NFKC");
  return plain.replace(furniture, "").replace(/\s+/g, " ");
}

function excerptOf(text: string, at: number, length: number): string {
  const end = at + Math.min(length, longestMatch);
  const [before, after] = [text.slice(Math.max(0, at - around), at), text.slice(end, end + around)];
  return `${at > around ? "…" : ""}${before}${text.slice(at, end)}${after}${end + around < text.length ? "…" : ""}`.toWellFormed();
}

function readHidden(letters: string): string {
  const shown = Array.from(letters.slice(0, 2 * longestMatch), (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) - 0xe0000));
  return `invisible letters that read: ${shown.join("")}`;
}
