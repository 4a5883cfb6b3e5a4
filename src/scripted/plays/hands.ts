import type { Edit } from "../edits/plan-edit.ts";
import { shellWord } from "../shell-word.ts";
import type { Move } from "./move.ts";
import { editor, workspace } from "./sera-calls.ts";

type Call = Pick<Move, "tool" | "input">;

/** How a play looks at files and makes them, by the tools it was offered. Paths are relative to the repository. */
export interface Hands {
  view(path: string, range: readonly [number, number]): Call;
  create(path: string, text: string): Call;
  /** One command that makes an edit by its line numbers; null: edits go by the editor's own commands. */
  change(path: string, edit: Edit): Call | null;
}

export const editorHands: Hands = {
  view: (path, range) => editor({ command: "view", path: `${workspace}/${path}`, view_range: range }),
  create: (path, text) => editor({ command: "create", path: `${workspace}/${path}`, file_text: text }),
  change: () => null,
};

/** With nothing but a POSIX shell and its usual programs. */
export const shellHands: Hands = {
  view: (path, [first, last]) => bash(`cat -n -- ${shellWord(path)} | sed -n '${first},${last}p'`),
  create: (path, text) => bash(`cat > ${shellWord(path)} <<'END_OF_FILE'\n${text}END_OF_FILE`),
  change(path, { line, removed, added }) {
    const file = shellWord(path);
    const changed = shellWord(`${path}.changed`);
    const parts = [
      `head -n ${line - 1} -- ${file}`,
      `cat <<'END_OF_CHANGE'\n${added.join("\n")}\nEND_OF_CHANGE`,
      `tail -n +${line + removed.length} -- ${file}`,
    ];
    return bash(`{\n${parts.join("\n")}\n} > ${changed} && cat -- ${changed} > ${file} && rm -- ${changed}`);
  },
};

function bash(command: string): Call {
  return { tool: "bash", input: { command: `cd ${workspace} && ${command}` } };
}
