import { resolve } from "node:path";
import type { DropCounter } from "../../journey/dataset/collect-samples.ts";
import { isScripted } from "../../journey/dataset/dataset-totals.ts";
import type { WrittenDataset } from "../../journey/dataset/write-dataset.ts";
import type { Terminal } from "../command.ts";
import { counted } from "../counted.ts";
import { shownPath } from "../run-folder.ts";
import { tellDropped } from "./tell-dropped.ts";

export interface Exported {
  readonly written: WrittenDataset;
  readonly dropped: DropCounter;
  /** Of overlaps with a benchmark, as the command line named them. */
  readonly reports: readonly string[];
}

/** The result of an export: one JSON object (interface.md), or a line for each file and what was left out. */
export function tellExported({ written, dropped, reports }: Exported, asJson: boolean, terminal: Terminal): void {
  tellWarnings(written, terminal);
  const { samples, kinds, tokens, files } = written;
  if (asJson) {
    const { counts, notes, flagged } = dropped;
    const paths = reports.map((path) => resolve(path));
    return terminal.print(JSON.stringify({ samples, kinds, tokens, files, dropped: counts, notes, flagged, reports: paths }));
  }
  terminal.print(`${counted(samples, "sample")} (${kinds.t1} T1, ${kinds.t2} T2)${tokens === null ? "" : `, ${counted(tokens, "token")}`}`);
  for (const { path, rows } of files) terminal.print(`${counted(rows, "row")}  ${shownPath(path)}`);
  for (const path of reports) terminal.print(shownPath(path));
  tellDropped(dropped, terminal);
}

/** What a person must know before the data is trained on or given away. */
export function tellWarnings({ teachers }: Pick<WrittenDataset, "teachers">, terminal: Pick<Terminal, "say">): void {
  if (isScripted({ teachers })) terminal.say("The teacher was scripted: this data is for trying the machine, not for training.");
  const forbidding = teachers.filter(({ termsAllowTraining }) => termsAllowTraining === false).map(({ name }) => name ?? "unknown");
  if (forbidding.length > 0) terminal.say(`Terms that forbid training on the output: teacher ${forbidding.join(", ")}.`);
}
