import { plainText } from "../../base/plain-text.ts";
import type { PatchSize } from "../../records/rollout.ts";
import type { Spending } from "../../records/usage.ts";
import type { Look } from "../command.ts";
import { count, counted } from "../counted.ts";

import { typedCommand } from "../typed-command.ts";

export interface PageLine {
  readonly text: string;
  readonly look: Look;
}

/** `full`: nothing is cut. `lineOf`: the command line that shows another id of this run. */
export interface PageView {
  readonly columns: number;
  readonly lineOf: (id: string) => string;
  readonly full: boolean;
}

const [narrowest, widest] = [40, 100];
/** Characters of one line of foreign text, unless all is asked for. */
const longestLine = 400;

export function plain(text: string, look: Look = "plain"): PageLine {
  return { text, look };
}

/** Foreign text that cannot begin a line of its own. */
export function oneLine(text: string): string {
  return plainText(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** A text that is longer loses its middle. */
export function shortened(text: string, most: number): string {
  const characters = Array.from(text);
  if (characters.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - (most - 1 - head)).join("")}`;
}

/** An empty line and a rule that holds the title. */
export function heading(title: string, { columns }: PageView): PageLine[] {
  const text = `── ${oneLine(title)} `;
  return [plain(""), plain(text.padEnd(widthOf(columns), "─"), "heading")];
}

/** Names in a column and their values, which never begin a line of their own. */
export function fields(rows: readonly (readonly [name: string, value: string])[]): PageLine[] {
  return rows.map(([name, value]) => plain(`  ${name.padEnd(10)}  ${oneLine(value)}`));
}

/** Foreign prose, indented by two and broken between words; lines that begin with white space, such as code, stay as they are. */
export function prose(text: string, { columns }: PageView, look: Look = "plain"): PageLine[] {
  const width = widthOf(columns) - 2;
  return plainText(text.trim())
    .split("\n")
    .flatMap((line) => (/^\s/.test(line) ? [line] : broken(line, width)))
    .map((line) => plain(`  ${line}`.trimEnd(), look));
}

function widthOf(columns: number): number {
  return Math.max(narrowest, Math.min(columns, widest));
}

function broken(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  return [...lines, current];
}

export interface Cut extends PageView {
  /** Lines that are shown unless all are asked for: two thirds from the beginning, the others from the end. */
  readonly mostLines: number;
  readonly prefix: string;
}

/** Foreign text line by line behind a prefix; what is left out is said. */
export function cutText(text: string, { full, mostLines, prefix }: Cut): PageLine[] {
  const lines = text.replace(/\r?\n$/, "").split("\n");
  const shown = (line: string): PageLine => plain(prefix + (full ? line : cutLine(line)));
  if (full || lines.length <= mostLines + 1) return lines.map(shown);
  const head = Math.ceil((mostLines * 2) / 3);
  const tail = mostLines - head;
  const note = `${prefix}… ${counted(lines.length - mostLines, "line")} left out: --full shows all …`;
  return [...lines.slice(0, head).map(shown), plain(note, "dim"), ...lines.slice(lines.length - tail).map(shown)];
}

function cutLine(line: string): string {
  if (line.length <= longestLine) return line;
  return `${line.slice(0, longestLine).toWellFormed()} … ${counted(line.length - longestLine, "more character")}: --full shows all`;
}

/** A patch, its added and removed lines set off. Null: its artifact is gone. */
export function patchLines(patch: Uint8Array | null, view: PageView): PageLine[] {
  if (patch === null) return [plain(`  The stored patch is missing: \`${typedCommand(["verify"])}\` says more.`)];
  if (patch.length === 0) return [plain("  Nothing was changed.")];
  const lines = cutText(Buffer.from(patch).toString("utf8"), { ...view, mostLines: 120, prefix: "  " });
  return lines.map(({ text, look }) => plain(text, look === "plain" ? patchLook(text.slice(2)) : look));
}

function patchLook(line: string): Look {
  if (/^(diff|index|---|\+\+\+|@@) /.test(line)) return "dim";
  if (line.startsWith("+")) return "added";
  return line.startsWith("-") ? "removed" : "plain";
}

export function sizeText({ files, added, removed }: PatchSize): string {
  return files === 0 ? "an empty patch" : `a patch of ${counted(files, "file")}, +${added} −${removed}`;
}

export function tokensText({ usage }: Spending): string {
  return `${count(usage.input)} input (${count(usage.cached)} cached), ${count(usage.output)} output`;
}

/** Dollars, and what of them is not known. */
export function dollarsText({ costUsd, calls, unknownCostCalls, possiblyPaid }: Spending): string {
  return [
    `${costUsd === null ? "unknown (no price for this model)" : `$${costUsd.toFixed(4)}`} for ${counted(calls, "request")}`,
    ...(unknownCostCalls > 0 ? [`${unknownCostCalls} of unknown cost`] : []),
    ...(possiblyPaid > 0 ? [`${possiblyPaid} possibly paid`] : []),
  ].join(", ");
}
