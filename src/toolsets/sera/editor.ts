import { posix } from "node:path";
import { unreachable } from "../../base/result.ts";
import type { EditorCommand, EditorOutcome, EditorSubject } from "../toolset.ts";
import { insertLines } from "./insert-lines.ts";
import { catLines } from "./numbered-lines.ts";
import { observation } from "./observation.ts";
import { replaceText } from "./replace-text.ts";
import type { TextEdit } from "./text-edit.ts";
import { decodeText, displayText, encodeText } from "./text-file.ts";
import type { TextFile } from "./text-file.ts";
import { viewDirectory, viewFile } from "./view.ts";

/** The editor tool: what it says of a command and what it writes (reference.md §c.5). `earlier` as in toolset.ts. */
export async function runEditor(command: EditorCommand, subject: EditorSubject, earlier: readonly Uint8Array[]): Promise<EditorOutcome> {
  const { path } = command;
  if (command.command === "create") return create(command, subject);
  switch (subject.kind) {
    case "missing":
      return say(`The path ${path} does not exist. Please provide a valid path.`);
    case "unreadable":
      return say(`The path ${path} could not be read: ${subject.problem}.`);
    case "directory":
      if (command.command !== "view")
        return say(`The path ${path} is a directory and only the \`view\` command can be used on directories`);
      return say(viewDirectory(command, subject.paths));
    case "file":
      return command.command === "undo_edit" ? undo(path, earlier) : onFile(command, subject.bytes);
    default:
      return unreachable(subject);
  }
}

type FileCommand = Exclude<EditorCommand, { command: "create" | "undo_edit" }>;

async function onFile(command: FileCommand, bytes: Uint8Array): Promise<EditorOutcome> {
  const file = decodeText(bytes);
  if (file === null) return say(`The file ${command.path} is binary, so this tool neither shows nor edits it.`);
  switch (command.command) {
    case "view":
      return say(await viewFile(command, displayText(file.text)));
    case "str_replace":
      return write(command.path, file, replaceText(command, file.text));
    case "insert":
      return write(command.path, file, insertLines(command, file.text));
    default:
      return unreachable(command);
  }
}

function create({ path, text }: EditorCommand & { command: "create" }, subject: EditorSubject): EditorOutcome {
  if (subject.kind !== "missing") return say(`File already exists at: ${path}. Cannot overwrite files using command \`create\`.`);
  if (!subject.parentExists) return say(`The parent directory ${posix.dirname(path)} does not exist. Please create it first.`);
  return { ...say(`File created successfully at: ${path}`), write: Buffer.from(text, "utf8") };
}

function undo(path: string, earlier: readonly Uint8Array[]): EditorOutcome {
  const bytes = earlier.at(-1);
  if (bytes === undefined) return say(`No edit history found for ${path}.`);
  const text = displayText(decodeText(bytes)?.text ?? "");
  return { ...say(`Last edit to ${path} undone successfully. ${catLines(text, path)}`), write: bytes };
}

function write(path: string, file: TextFile, edit: TextEdit): EditorOutcome {
  if ("refused" in edit) return say(edit.refused);
  const encoded = encodeText({ text: edit.text, encoding: file.encoding });
  if ("bytes" in encoded) return { ...say(edit.said), write: encoded.bytes };
  return say(`Nothing was changed: ${path} is encoded in ISO-8859-1 (Latin-1), which has no character \`${encoded.unencodable}\`.`);
}

/** The tool prints what it says, so a newline ends it. */
function say(text: string): EditorOutcome {
  return { observation: observation(`${text}\n`), write: null };
}
