import { posix } from "node:path";
import { ok, type Result } from "../base/result.ts";
import type { ExportedTree } from "../records/exported-tree.ts";
import type { Failure } from "../records/failure.ts";
import type { PatchSize } from "../records/rollout.ts";
import { workspacePath } from "../records/workspace-path.ts";
import type { FileProblem, Sandbox } from "../sandbox/sandbox.ts";
import { shellQuote } from "../sandbox/shell-quote.ts";
import type { EditorCommand, EditorSubject, Toolset } from "../toolsets/toolset.ts";
import type { Observed } from "./session.ts";

/** The difference of a tree to its snapshot (made by the repository room, handed in by the journey). */
export interface TreeDiff {
  readonly patch: Uint8Array;
  readonly finalTree: string;
  readonly size: PatchSize;
}

export type MakeDiff = (tree: ExportedTree, signal: AbortSignal) => Promise<Result<TreeDiff, Failure>>;

/** Files over this many bytes are not opened by the editor tool. */
const editorLimitBytes = 16 * 1024 * 1024;

/** Bytes of a command's output that are kept: room for the 100,000 characters that an observation may hold. */
const outputLimitBytes = 400_000;

/** The agent's hands: a sandbox, the editor's memory, and the difference to the snapshot. */
export class Workspace {
  readonly #sandbox: Sandbox;
  readonly #toolset: Toolset;
  readonly #makeDiff: MakeDiff;
  readonly #earlier = new Map<string, Uint8Array[]>();

  constructor(parts: { readonly sandbox: Sandbox; readonly toolset: Toolset; readonly makeDiff: MakeDiff }) {
    this.#sandbox = parts.sandbox;
    this.#toolset = parts.toolset;
    this.#makeDiff = parts.makeDiff;
  }

  async runCommand(command: string, timeoutMs: number, signal: AbortSignal): Promise<Result<Observed, Failure>> {
    const startedMs = performance.now();
    const given = this.#toolset.freshShell ? inFreshShell(command) : command;
    const ran = await this.#sandbox.run({ command: given, timeoutMs, outputLimitBytes }, signal);
    if (!ran.ok) return ran;
    const { ended, exitCode } = ran.value;
    const seen = { ...ran.value, command, timeoutMs };
    const tookMs = performance.now() - startedMs;
    return ok({ observation: this.#toolset.observeCommand(seen), ended, exitCode, tookMs, submits: this.#toolset.submits(seen) });
  }

  async edit(edit: EditorCommand, signal: AbortSignal): Promise<Result<Observed, Failure>> {
    const found = await this.#look(edit.path, signal);
    if (!found.ok) return found;
    const earlier = this.#earlier.get(edit.path) ?? [];
    const outcome = await this.#toolset.edit(edit, found.value, earlier);
    if (outcome.write === null) return ok(said(outcome.observation));
    const written = await this.#sandbox.writeFile(edit.path, outcome.write, signal);
    if (!written.ok) return written;
    if (!written.value.ok) return ok(said(`The file ${edit.path} could not be written: ${describe(written.value.problem)}.`));
    if (edit.command === "undo_edit") earlier.pop();
    else if (found.value.kind === "file") this.#earlier.set(edit.path, [...earlier, found.value.bytes]);
    return ok(said(outcome.observation));
  }

  async difference(final: boolean, signal: AbortSignal): Promise<Result<TreeDiff, Failure>> {
    const tree = await this.#sandbox.exportTree({ final }, signal);
    return tree.ok ? this.#makeDiff(tree.value, signal) : tree;
  }

  async #look(path: string, signal: AbortSignal): Promise<Result<EditorSubject, Failure>> {
    if (!path.startsWith("/")) return ok({ kind: "missing", parentExists: false });
    const kind = await this.#sandbox.stat(path, signal);
    if (!kind.ok) return kind;
    switch (kind.value) {
      case null: {
        const parent = await this.#sandbox.stat(posix.dirname(path), signal);
        return parent.ok ? ok({ kind: "missing", parentExists: parent.value === "directory" }) : parent;
      }
      case "directory": {
        const list = await this.#sandbox.list(path, signal);
        if (!list.ok) return list;
        return ok(
          list.value.ok ? { kind: "directory", paths: list.value.paths } : { kind: "unreadable", problem: describe(list.value.problem) },
        );
      }
      case "file": {
        const read = await this.#sandbox.readFile(path, editorLimitBytes, signal);
        if (!read.ok) return read;
        return ok(
          read.value.ok ? { kind: "file", bytes: read.value.bytes } : { kind: "unreadable", problem: describe(read.value.problem) },
        );
      }
      case "other":
        return ok({ kind: "unreadable", problem: "it is neither a file nor a directory" });
    }
  }
}

/** The command in a shell that begins in the workspace, and of which nothing but files remains. No argument holds it, so it may be long. */
function inFreshShell(command: string): string {
  return `(\\command cd -- ${shellQuote(workspacePath)} && \\command eval ${shellQuote(command)}\n)`;
}

/** An observation of no command. */
export function said(observation: string): Observed {
  return { observation, ended: null, exitCode: null, tookMs: 0, submits: false };
}

function describe(problem: FileProblem): string {
  const words: Record<FileProblem, string> = {
    missing: "it does not exist",
    "is-directory": "it is a directory",
    "not-directory": "a part of its path is not a directory",
    denied: "permission is denied",
    "too-large": "it is too large for the editor",
    "no-space": "no space is left on the device",
    other: "the system refused it",
  };
  return words[problem];
}
