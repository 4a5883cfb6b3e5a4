/** A changed text and what is said of it, or only a sentence: nothing changes then. */
export type TextEdit = { readonly text: string; readonly said: string } | { readonly refused: string };

/** What takes the place of `[start, end)` of a text; `line`: newlines before the matched text. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly line: number;
}
