import { drawUnit } from "../../base/draw.ts";
import { editWindow, planEdit } from "../edits/plan-edit.ts";
import type { Edit } from "../edits/plan-edit.ts";
import { readView } from "../edits/source-lines.ts";
import type { SourceLine } from "../edits/source-lines.ts";
import { locateDefinition, outlineCommand, readOutline } from "../edits/locate.ts";
import type { Hands } from "./hands.ts";
import type { Move, Play } from "./move.ts";
import { reproduction } from "./reproduction.ts";
import { shellWord } from "../shell-word.ts";
import { editor, submitMove, workspace } from "./sera-calls.ts";
import type { Subject } from "../subject.ts";
import { say } from "./wording.ts";
import type { DrawKey, Step } from "./wording.ts";

/** How much of the teacher's own change a play makes: a first rollout makes all of it, a second is drawn. */
export type Faithfulness = "full" | "partial" | "wrong";

/** One rollout over a known function. */
export interface AgentTask {
  readonly key: DrawKey;
  readonly subject: Subject;
  readonly faithfulness: Faithfulness;
  readonly hands: Hands;
}

/** Lines that were read, and the one where the definition begins; null: it was not found in them. */
interface Reading {
  readonly lines: readonly SourceLine[];
  readonly definition: number | null;
}

/** Explores, reads, sometimes reproduces, edits, checks, cleans up, submits twice: 6 to 14 calls. */
export function* agentPlay(task: AgentTask): Play {
  yield* lookAround(task);
  const reading = yield* readFunction(task);
  const script = chance(task, "reproduce") < 0.45 ? reproduction(task.subject) : null;
  if (script !== null) {
    yield { ...say("create", task.key, task.subject), ...task.hands.create(script.path, script.text) };
    yield bash(task, "run", script.command);
  }
  const edit = reading === null ? null : editFor(task, reading);
  if (reading !== null && edit !== null) yield* makeEdit(task, reading, edit);
  if (edit !== null) yield* check(task, edit);
  if (script !== null) {
    if (chance(task, "rerun") < 0.6) yield bash(task, "rerun", script.command);
    yield bash(task, "remove", script.removal);
  }
  yield submitMove(say("submit", task.key, task.subject));
  for (;;) yield submitMove(say("confirm", task.key, task.subject));
}

function chance(task: AgentTask, label: string): number {
  return drawUnit(task.key.seed, "play", task.key.task, label);
}

function bash(task: AgentTask, step: Step, command: string): Move {
  return { ...say(step, task.key, task.subject), tool: "bash", input: { command: `cd ${workspace} && ${command}` } };
}

function* lookAround(task: AgentTask): Play {
  const { path, name } = task.subject;
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
  const extension = /\.\w+$/.exec(path)?.[0] ?? "";
  const pattern = shellWord(
    name
      .split(/[^\w$]+/)
      .filter(Boolean)
      .at(-1) ?? name,
  );
  const drawn = chance(task, "look around");
  if (drawn < 0.75) yield bash(task, "folder", `ls -p -- ${shellWord(folder)} | head -n 60`);
  if (drawn > 0.5)
    yield bash(task, "uses", `grep -nF -e ${pattern} -- ${shellWord(folder)}/*${extension} | grep -vE '.{300}' | head -n 20`);
}

/** The same calls for every rollout over the same function, so that the same lines are seen and the same change is made. */
function* readFunction(task: AgentTask): Play<Reading | null> {
  const outline = readOutline(yield bash(task, "outline", outlineCommand(task.subject)));
  if (outline.lineCount === 0) return null;
  const definition = locateDefinition(outline.lines, task.subject);
  const first = Math.max(1, (definition ?? 4) - 3);
  const last = Math.min(outline.lineCount, first + 55);
  const step = definition === null ? "top" : "view";
  const lines = readView(yield { ...say(step, task.key, task.subject), ...task.hands.view(task.subject.path, [first, last]) });
  return { lines, definition: lines.some((line) => line.number === definition) ? definition : null };
}

/** Null in the rare case that nothing is changed: no line to change, or the definition not found and the draw says so. */
function editFor({ key, subject, faithfulness }: AgentTask, { lines, definition }: Reading): Edit | null {
  if (definition === null && drawUnit(key.seed, "give up", subject.path, subject.name) < 0.15) return null;
  return planEdit({ seed: key.seed, subject, lines, definition })?.[faithfulness] ?? null;
}

function* makeEdit(task: AgentTask, reading: Reading, edit: Edit): Play {
  const change = task.hands.change(task.subject.path, edit);
  if (change === null) yield* editByEditor(task, reading, edit);
  else yield { ...say("edit", task.key, task.subject), ...change };
}

function* editByEditor(task: AgentTask, reading: Reading, edit: Edit): Play {
  const path = `${workspace}/${task.subject.path}`;
  for (const [attempt, margin] of [0, 4, 12].entries()) {
    const { oldText, newText } = editWindow(reading.lines, edit, margin);
    const call = editor({ command: "str_replace", path, old_str: oldText, new_str: newText });
    const observation = yield { ...say(attempt === 0 ? "edit" : "again", task.key, task.subject), ...call };
    if (!observation.startsWith("No replacement was performed")) return;
    if (/did not appear/.test(observation)) break;
  }
  const insertion = { command: "insert", path, insert_line: edit.line - 1, new_str: edit.added.join("\n") };
  yield { ...say("insert", task.key, task.subject), ...editor(insertion) };
}

function* check(task: AgentTask, edit: Edit): Play {
  const { path } = task.subject;
  const drawn = chance(task, "check");
  if (drawn < 0.5) {
    const look = task.hands.view(path, [Math.max(1, edit.line - 2), edit.line + edit.added.length]);
    yield { ...say("check", task.key, task.subject), ...look };
  } else {
    yield bash(task, "check", `grep -nF -e ${shellWord(edit.added[0]?.trim() ?? "")} -- ${shellWord(path)}`);
  }
  if (!path.endsWith(".py") || drawn > 0.15) return;
  const found = yield bash(task, "python", `if command -v python3 > /dev/null; then echo "python3 is here"; else echo "no python3"; fi`);
  if (!found.includes("python3 is here")) return;
  const program = `import ast, sys; ast.parse(open(sys.argv[1], "rb").read()); print("parses")`;
  yield bash(task, "parse", `python3 -c ${shellWord(program)} ${shellWord(path)} 2> /dev/null || echo "does not parse"`);
}
