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
  /** What a reply without one valid call is answered, by problem; `{{problem}}`: our own sentence, which stands where none is given. */
  readonly requery: Readonly<Partial<Record<FormatProblem["code"], string>>>;
  readonly descriptions: Readonly<Record<string, string>>;
}

/** What the editor tool finds at the path of a command. */
export type EditorSubject =
  | { readonly kind: "missing"; readonly parentExists: boolean }
  | { readonly kind: "directory"; readonly paths: readonly string[] }
  | { readonly kind: "file"; readonly bytes: Uint8Array }
  | { readonly kind: "unreadable"; readonly problem: string };

/** What an editor command says, and what it writes; null: nothing is written. */
export interface EditorOutcome {
  readonly observation: string;
  readonly write: Uint8Array | null;
}

/** A command that ran, as the sandbox reports it (sandbox.ts has the meanings). */
export interface CommandSeen {
  readonly command: string;
  readonly output: string;
  readonly outputTail: string;
  readonly outputBytes: number;
  readonly ended: "completed" | "timed-out" | "shell-ended";
  readonly exitCode: number | null;
  readonly timeoutMs: number;
}

/** An agent's tools as data and pure functions (design §5). The loop performs; the toolset parses and words. */
export interface Toolset {
  readonly name: string;
  readonly texts: ToolsetTexts;
  readonly tools: readonly ToolSchema[];
  /** Each command runs in the workspace and in an environment of its own: nothing but files outlasts it. */
  readonly freshShell: boolean;
  /** Which one action a reply asks for. */
  parse(reply: AssistantMessage): Result<Action, FormatProblem>;
  /** The first user message for a problem statement. */
  frame(problem: string): string;
  /** The observation of a shell command. */
  observeCommand(seen: CommandSeen): string;
  /** Whether a command handed the work in; nothing answers it then, and no review is shown. */
  submits(seen: CommandSeen): boolean;
  /** `earlier`: contents of this path before each edit of this rollout, oldest first, for undo. */
  edit(command: EditorCommand, subject: EditorSubject, earlier: readonly Uint8Array[]): Promise<EditorOutcome>;
  /** The observation of the first submit, where the toolset has a review. */
  observeReview(diff: string): string | null;
  /** The observation that ends a submitted rollout. */
  observeSubmission(patch: string): string;
}
