import { isScripted } from "../../journey/dataset/dataset-totals.ts";
import type { WrittenDataset } from "../../journey/dataset/write-dataset.ts";
import type { Terminal } from "../command.ts";
import { counted } from "../counted.ts";
import { shownPath } from "../run-folder.ts";

/** The result of an export: one JSON object (interface.md), or a line for each file and what was left out. */
export function tellExported(written: WrittenDataset, asJson: boolean, terminal: Terminal): void {
  const { samples, tokens, files, dropped } = written;
  if (isScripted(written)) terminal.say("The teacher was the scripted one: this data is for trying the machine, not for training.");
  if (written.teachers.some(({ termsAllowTraining }) => termsAllowTraining === false))
    terminal.say("The terms of a teacher forbid training on its output; README.md beside the files names it.");
  if (asJson) return terminal.print(JSON.stringify({ samples, tokens, files, dropped }));
  for (const { path, rows } of files) terminal.print(`${counted(rows, "row")}  ${shownPath(path)}`);
  if (tokens !== null && samples > 0) terminal.print(`${counted(tokens, "token")} in ${counted(samples, "sample")}`);
  for (const [reason, count] of Object.entries(dropped)) terminal.say(`left out: ${count} × ${reason}`);
}
