import type { Result } from "../base/result.ts";
import type { AssistantMessage, ToolSchema } from "../records/message.ts";

/** One command of the editor tool, its arguments checked. Lines are 1-based; `view` end -1 is the last line. */
export type EditorCommand =
  | { readonly command: "view"; readonly path: string; readonly range: readonly number[] | null }
  | { readonly command: "create"; readonly path: string; readonly text: string }
  | { readonly command: "str_replace"; readonly path: string; readonly oldText: string; readonly newText: string }
  | { readonly command: "insert"; readonly path: string; readonly afterLine: number; readonly text: string }
  | { readonly command: "undo_edit"; readonly path: string };

/** What one reply of the model asks for. `invalid`: a well-formed call whose arguments the tool itself refuses; its text is the observation. */
export type Action =
  | { readonly kind: "bash"; readonly command: string }
  | { readonly kind: "edit"; readonly edit: EditorCommand }
  | { readonly kind: "submit" }
  | { readonly kind: "invalid"; readonly observation: string };

/** A reply that holds no single valid call: `code` for counting, `message` is shown to the model before it is asked again. */
export interface FormatProblem {
  readonly code: "no-call" | "several-calls" | "unknown-tool" | "bad-arguments" | "blocked-command" | "cut-reply";
  readonly message: string;
}

/** The words of a toolset that a user may replace by a file (`toolsetTexts`); names, schemas' shapes and observation shapes are fixed. */
export interface ToolsetTexts {
  readonly system: string;
  /** The first user message; `{{problem}}` and `{{workspace}}` are filled in. */
  readonly frame: string;
  /** Shown at the first `submit`; `{{diff}}` is filled in. Null: the first submit is final. */
  readonly review: string | null;
  readonly descriptions: Readonly<Record<string, string>>;
}

/** An agent's tools as data and pure functions (design §5). */
export interface Toolset {
  readonly name: string;
  readonly texts: ToolsetTexts;
  readonly tools: readonly ToolSchema[];
  /** Which one action a reply asks for. */
  parse(reply: AssistantMessage): Result<Action, FormatProblem>;
  /** The first user message for a problem statement. */
  frame(problem: string): string;
}
