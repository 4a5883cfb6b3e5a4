/** One line of a file as an observation showed it, without its line ending. `number` is 1-based. */
export interface SourceLine {
  readonly number: number;
  readonly text: string;
}

/** Lines of an editor's `view`: a number, a tab, the text. The last line of a clipped view is cut and left out. */
export function readView(observation: string): SourceLine[] {
  const clippedAt = observation.search(/<response clipped>|\n<\/output_head>/);
  const lines = numbered(clippedAt === -1 ? observation : observation.slice(0, clippedAt), /^ *(\d+)\t(.*)$/);
  return clippedAt === -1 ? lines : lines.slice(0, -1);
}

/** Lines of `grep -n` on one file: a number, a colon, the text. */
export function readMatches(observation: string): SourceLine[] {
  return numbered(observation, /^(\d+):(.*)$/);
}

function numbered(observation: string, pattern: RegExp): SourceLine[] {
  return observation.split("\n").flatMap((line) => {
    const [matched, number, text = ""] = pattern.exec(line.replace(/\r$/, "")) ?? [];
    return matched === undefined ? [] : [{ number: Number(number), text }];
  });
}

export function indentOf(text: string): string {
  return /^\s*/.exec(text)?.[0] ?? "";
}
