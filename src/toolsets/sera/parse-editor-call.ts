import { posix } from "node:path";
import type { Action, EditorCommand } from "../toolset.ts";
import type { CallArguments } from "../call-arguments.ts";
import { observation } from "./observation.ts";
import { editorCommands } from "./tools.ts";
import { workspacePath } from "../../records/workspace-path.ts";

/** The editor command of checked arguments, or what the editor says about them (reference.md §c.5). */
export function parseEditorCall(values: CallArguments): Action {
  const command = String(values["command"]);
  const path = String(values["path"]);
  if (!path.startsWith("/")) {
    const meant = posix.join(workspacePath, path);
    return refusal(`The path ${path} is not an absolute path, it should start with \`/\`. Maybe you meant ${meant}?`);
  }
  switch (command) {
    case "view":
      return edit({ command, path, range: list(values["view_range"]) });
    case "create":
      return withText(values, "file_text", (text) => edit({ command, path, text }));
    case "str_replace":
      return withText(values, "old_str", (oldText) => edit({ command, path, oldText, newText: String(values["new_str"] ?? "") }));
    case "insert":
      return parseInsert(path, values);
    case "undo_edit":
      return edit({ command, path });
    default:
      return refusal(`There is no command ${command}. The commands of str_replace_editor are: ${editorCommands.join(", ")}.`);
  }
}

function parseInsert(path: string, values: CallArguments): Action {
  const afterLine = values["insert_line"];
  if (typeof afterLine !== "number") return missing("insert_line", "insert");
  return withText(values, "new_str", (text) => edit({ command: "insert", path, afterLine, text }));
}

function withText(values: CallArguments, name: string, make: (text: string) => Action): Action {
  const value = values[name];
  return typeof value === "string" ? make(value) : missing(name, String(values["command"]));
}

function list(value: CallArguments[string] | undefined): readonly number[] | null {
  return typeof value === "object" ? value : null;
}

function edit(command: EditorCommand): Action {
  return { kind: "edit", edit: command };
}

function missing(name: string, command: string): Action {
  return refusal(`Parameter \`${name}\` is required for command: ${command}`);
}

function refusal(sentence: string): Action {
  return { kind: "invalid", observation: observation(`${sentence}\n`) };
}
