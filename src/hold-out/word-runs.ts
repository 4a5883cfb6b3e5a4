import { sha256Hex } from "../base/hash.ts";
import type { ParsedPatch } from "../patch/parsed-patch.ts";

/**
 * Every run of so many words of a text, once each, as a short hash. Words are letters, digits and underscores in lower case, so that layout
 * and punctuation make no difference; a text with fewer words has no run.
 */
export function wordRuns(text: string, words: number): Set<string> {
  const found = text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
  const runs = new Set<string>();
  for (let at = 0; at + words <= found.length; at++) runs.add(sha256Hex(found.slice(at, at + words).join(" ")).slice(0, 16));
  return runs;
}

/** The text of a patch's changed lines, file after file, without signs; runs never reach from one file into the next. */
export function changedTexts(patch: ParsedPatch): string[] {
  return patch.files.map(({ hunks }) =>
    hunks
      .flatMap(({ lines }) => lines.flatMap(({ sign, text }) => (sign === " " ? [] : [Buffer.from(text, "latin1").toString("utf8")])))
      .join("\n"),
  );
}
