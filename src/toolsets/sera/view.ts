import type { EditorCommand } from "../toolset.ts";
import { clip } from "../clip.ts";
import { fileMap } from "./file-map.ts";
import { catLines, clipView, viewLimit } from "./numbered-lines.ts";

type ViewCommand = EditorCommand & { command: "view" };

/** A directory as the paths that the sandbox listed, the directory itself first. */
export function viewDirectory({ path, range }: ViewCommand, paths: readonly string[]): string {
  if (range !== null) return "The `view_range` parameter is not allowed when `path` is a directory.";
  const listing = paths.map((entry) => `${entry}\n`).join("");
  return `Here's the files and directories up to 2 levels deep in ${path}, excluding hidden items:\n${listing}\n`;
}

/** A file with its lines numbered: all of it, the lines of a range, or its outline where it is long (reference.md §c.5). */
export async function viewFile({ path, range }: ViewCommand, text: string): Promise<string> {
  if (range !== null) return viewRange(path, range, text);
  const outline = clip(text, viewLimit).elided > 0 ? await outlineOf(path, text) : null;
  if (outline === null) return catLines(text, path);
  return [
    "<NOTE>This file is too large to display entirely. Showing abbreviated version. Please use `str_replace_editor view` with the `view_range` parameter to show selected lines next.</NOTE>",
    clipView(outline),
    "<IMPORTANT><NOTE>The above file has been abbreviated. Please use `str_replace editor view` with `view_range` to look at relevant files in detail.</NOTE></IMPORTANT>",
  ].join("\n");
}

/** A parser that fails is no reason to show nothing: the view is only cut then. */
async function outlineOf(path: string, text: string): Promise<string | null> {
  try {
    return await fileMap(path, text);
  } catch {
    return null;
  }
}

function viewRange(path: string, range: readonly number[], text: string): string {
  const lines = text.split("\n");
  const problem = rangeProblem(range, lines.length);
  if (problem !== null) return `Invalid \`view_range\`: [${range.join(", ")}]. ${problem}`;
  const [first = 1, last = -1] = range;
  return catLines(lines.slice(first - 1, last === -1 ? undefined : last).join("\n"), path, first);
}

/** `count`: lines of the file, an empty one after the last newline included. */
function rangeProblem(range: readonly number[], count: number): string | null {
  const [first, last] = range;
  if (first === undefined || last === undefined || range.length !== 2) return "It should be a list of two integers.";
  if (first < 1 || first > count) return `Its first element \`${first}\` should be within the range of lines of the file: [1, ${count}]`;
  if (last > count) return `Its second element \`${last}\` should be smaller than the number of lines in the file: \`${count}\``;
  if (last !== -1 && last < first) return `Its second element \`${last}\` should not be smaller than its first \`${first}\``;
  return null;
}
