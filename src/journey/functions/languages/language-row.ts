import type { Node } from "web-tree-sitter";

/**
 * One language as data. `query` is a tree-sitter query over `grammar` with these captures:
 * - `@function`: a function with a body; its range is the site's range. `@method`: the same, a method wherever it stands.
 * - `@name`: its name, or its scope's; `(#set! name "…")` where the source has none. Text goes through `namesOf`.
 * - `@owner`: the type a method belongs to although it does not enclose it; text goes through `ownerOf`.
 * - `@body`: its body, compared with `emptyBody`.
 * - `@holder`: what makes the functions directly in it methods (class, object); `@namespace`: what only lends its name.
 * - `@computed`: a function whose name is computed: counted, not listed. `@declaration`: one without a body: the same.
 * - `@start`: where the function begins, when the node captured as it begins later.
 * Besides `name`, a pattern sets `prefix` (put before the name: `operator `, `~`), `stub` (the function has no body to compare and
 * does nothing) and `test` (it, and all that is in it, is a test).
 * When several patterns capture one node the first in the query wins.
 */
export interface LanguageRow {
  readonly name: string;
  readonly grammar: string;
  /** With the dot, lower case. */
  readonly extensions: readonly string[];
  readonly query: string;
  /** File names (no folder) that are tests in this language. */
  readonly testFiles: readonly RegExp[];
  /** File names that a program writes in this language. */
  readonly generatedFiles: readonly RegExp[];
  /** Folders, "/" at their ends, in which this language keeps its tests, others' sources, and what a program writes. */
  readonly folders?: { readonly test?: RegExp; readonly vendored?: RegExp; readonly generated?: RegExp };
  /** Text of a body that does nothing yet, without leading and trailing space. */
  readonly emptyBody: RegExp;
  /** True where the grammar counts comments after the last statement into the function; they are taken off again. */
  readonly trimsTrailingComments: boolean;
  /** The names in the source's text of the name, outermost first: the last is its own; none lends nothing to those inside. */
  namesOf(text: string): readonly string[];
  ownerOf(text: string): string;
  /** Node types before a function that are not counted into it: annotations, and what holds only such. */
  readonly annotations?: ReadonlySet<string>;
  /** The names of a function whose pattern captures none, because the grammar nests them at no fixed depth; null: it is no function. */
  declaredNames?(node: Node): readonly string[] | null;
  /** The text as the parser shall see it, of equal length, its line ends where they were. */
  withoutMacros?(text: string): string;
  /** Another row that a text turns out to be in, where a file name does not decide. */
  rowFor?(text: string, path: string): LanguageRow;
}
