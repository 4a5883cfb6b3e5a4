import type { DropCounter } from "../../journey/dataset/collect-samples.ts";
import type { Terminal } from "../command.ts";
import { count } from "../counted.ts";
import { table } from "../summary-lines.ts";

/** Says what was left out by reason, most first, and what could not be judged. */
export function tellDropped({ counts, notes }: DropCounter, terminal: Terminal): void {
  tellCounts("left out:", counts, terminal);
  tellCounts("noted, and not left out for it:", notes, terminal);
}

/** A title and a line for each reason, most first; nothing where there is none. */
export function tellCounts(title: string, counts: Readonly<Record<string, number>>, terminal: Terminal): void {
  const rows = Object.entries(counts).toSorted(([a, few], [b, many]) => many - few || (a < b ? -1 : 1));
  if (rows.length > 0)
    terminal.say([title, ...table(rows.map(([reason, times]) => [reason, count(times)])).map((line) => `  ${line}`)].join("\n"));
}
