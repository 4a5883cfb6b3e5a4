import type { Parameter, ToolParameters } from "../tool-schemas.ts";

export const editorCommands = ["view", "create", "str_replace", "insert", "undo_edit"] as const;

const bashParameters: readonly Parameter[] = [
  { name: "command", type: "string", required: true, description: "The command that bash is to run." },
];

const editorParameters: readonly Parameter[] = [
  { name: "command", type: "string", required: true, choices: editorCommands, description: "Which of the five commands to run." },
  {
    name: "path",
    type: "string",
    required: true,
    description: "Absolute path of a file or directory, such as `/testbed/file.py` or `/testbed`.",
  },
  { name: "file_text", type: "string", required: false, description: "Needed by `create`: the content of the new file." },
  { name: "old_str", type: "string", required: false, description: "Needed by `str_replace`: the text in `path` to replace." },
  {
    name: "new_str",
    type: "string",
    required: false,
    description:
      "For `str_replace`: the text to put there (left out: the old text is only removed). Needed by `insert`: the text to insert.",
  },
  {
    name: "insert_line",
    type: "integer",
    required: false,
    description: "Needed by `insert`: the line number AFTER which `new_str` goes.",
  },
  {
    name: "view_range",
    type: "integers",
    required: false,
    description:
      "For `view` of a file: the first and last line to show, counted from 1, such as [11, 12]; [start_line, -1] shows all from start_line to the end.",
  },
];

/** The tools in the order in which a model sees them, with their parameters in order (reference.md §g.6). */
export const seraTools: ToolParameters = new Map([
  ["bash", bashParameters],
  ["str_replace_editor", editorParameters],
  ["submit", []],
]);
