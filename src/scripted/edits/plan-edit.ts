import { drawIndex, drawUnit } from "../../base/draw.ts";
import { nameSegments } from "../subject.ts";
import type { Subject } from "../subject.ts";
import { commentChange, guardChange, returnChange } from "./changes.ts";
import type { Change } from "./changes.ts";
import { firstParameter } from "./first-parameter.ts";
import { readHeader } from "./function-header.ts";
import type { FunctionHeader } from "./function-header.ts";
import { findReturn } from "./return-line.ts";
import { editLanguage } from "./source-language.ts";
import { indentOf } from "./source-lines.ts";
import type { SourceLine } from "./source-lines.ts";

/** Replaces `removed`, which begin at `line`, by `added`; with nothing removed, puts `added` before `line` (1-based). */
export interface Edit {
  readonly line: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
  /** The line where the definition begins, which helps to make the text to replace unique. */
  readonly anchor: number;
}

/** The whole change, a part of it, and a different one at the same place. */
export interface EditPlan {
  readonly full: Edit;
  readonly partial: Edit;
  readonly wrong: Edit;
}

export interface EditInput {
  readonly seed: number;
  readonly subject: Subject;
  readonly lines: readonly SourceLine[];
  /** The line where the definition begins; null: it was not found, and another line is chosen. */
  readonly definition: number | null;
}

/** Determined by the input alone, whatever the conversation, so that a second rollout can make the same change. */
export function planEdit(input: EditInput): EditPlan | null {
  const { lines, subject } = input;
  const at = input.definition === null ? usableLine(lines) : lines.findIndex((line) => line.number === input.definition);
  const definition = lines[at];
  if (definition === undefined) return null;
  const header = input.definition === null ? null : readHeader(lines, at, editLanguage(subject.path));
  const wording = drawIndex(2, input.seed, "wording", subject.path, subject.name, definition.text);
  const named = { name: nameSegments(subject.name).at(-1) ?? subject.name, path: subject.path, wording };
  if (header !== null) return planInside(input, header, { ...named, anchor: definition.number });
  const place = { line: definition.number, removed: [], anchor: definition.number, indent: indentOf(definition.text), unit: "" };
  return planOf(commentChange(named), place);
}

type Named = Parameters<typeof commentChange>[0] & { readonly anchor: number };

function planInside({ seed, subject, lines }: EditInput, header: FunctionHeader, named: Named): EditPlan | null {
  const language = editLanguage(subject.path);
  const body = { anchor: named.anchor, indent: header.bodyIndent, unit: header.unit };
  const found = findReturn(lines, header, language);
  if (found !== null && drawUnit(seed, "take the return apart", subject.path, subject.name) < 0.4) {
    const place = { ...body, line: found.line.number, removed: [found.line.text] };
    return planOf(returnChange(named, found.expression, language), place);
  }
  const parameter = firstParameter(header.parameters, language);
  const guard = parameter === null ? null : guardChange(named, parameter, language);
  const previous = lines[header.bodyAt - 1];
  return previous === undefined ? null : planOf(guard ?? commentChange(named), { ...body, line: previous.number + 1, removed: [] });
}

interface Place extends Omit<Edit, "added"> {
  readonly indent: string;
  readonly unit: string;
}

function planOf(change: Change, { indent, unit, ...place }: Place): EditPlan {
  const edit = (added: readonly string[]): Edit => ({ ...place, added: added.map((line) => indent + line.replace("{unit}", () => unit)) });
  return { full: edit(change.full), partial: edit(change.partial), wrong: edit(change.wrong) };
}

/** A line that a comment may stand before; -1 when there is none. */
function usableLine(lines: readonly SourceLine[]): number {
  return lines.findIndex((line) =>
    /^(def|class|func|function|export|import|from|const|type|package|pub|fn|public|use|#include)\b/.test(line.text),
  );
}

/** The text to replace and what replaces it. It reaches back to the definition where that is near; `margin` adds lines on both sides. */
export function editWindow(
  lines: readonly SourceLine[],
  edit: Edit,
  margin: number,
): { readonly oldText: string; readonly newText: string } {
  const near = edit.line - edit.anchor <= 12;
  const from = Math.min(near ? edit.anchor : edit.line, edit.line - 1) - margin;
  const to = edit.line + Math.max(edit.removed.length - 1, 0) + margin;
  const texts = (first: number, last: number): string[] =>
    lines.filter((line) => line.number >= first && line.number <= last).map((line) => line.text);
  const before = texts(from, edit.line - 1);
  const after = texts(edit.line + edit.removed.length, to);
  return { oldText: [...before, ...edit.removed, ...after].join("\n"), newText: [...before, ...edit.added, ...after].join("\n") };
}
