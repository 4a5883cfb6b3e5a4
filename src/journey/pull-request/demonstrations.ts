import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { drawOne } from "../../base/draw.ts";
import { sha256Hex } from "../../base/hash.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { failure, type Failure } from "../../records/failure.ts";

/** An issue or pull request text that shows the writer of pull requests how such a text looks. */
export const Demonstration = z.strictObject({ id: z.string(), text: z.string() });
export type Demonstration = z.infer<typeof Demonstration>;

let loaded: readonly Demonstration[] | undefined;

/** The texts that ship with the package, all invented, read on first use. */
export function builtInDemonstrations(): readonly Demonstration[] {
  loaded ??= z.array(Demonstration).parse(JSON.parse(readFileSync(new URL("demonstrations.json", import.meta.url), "utf8")));
  return loaded;
}

/** Other members (title, url, labels) are passed over, so that what an API returned can be used as it is. */
const Entry = z.union([z.string(), z.looseObject({ id: z.union([z.string(), z.number()]).optional(), text: z.string() })]);
type Entry = z.infer<typeof Entry>;

/**
 * A user's file: a JSON list, or JSONL, of texts or of objects with `text` and perhaps `id`. Anything else is a failure of the
 * whole run, in one sentence that names the line or the entry.
 */
export async function readDemonstrations(path: string): Promise<Result<readonly Demonstration[], Failure>> {
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (error) {
    return unusable(path, `it cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const values = content.trimStart().startsWith("[") ? parseList(content) : parseLines(content);
  if (!values.ok) return unusable(path, values.error);
  const demonstrations: Demonstration[] = [];
  for (const { place, value } of values.value) {
    const entry = Entry.safeParse(value);
    if (!entry.success) return unusable(path, `${place} should be a text, or an object with \`text\` and perhaps \`id\``);
    const demonstration = demonstrationOf(entry.data);
    if (demonstration.text === "") return unusable(path, `${place} has an empty text`);
    if (demonstrations.some(({ id, text }) => id === demonstration.id && text !== demonstration.text)) {
      return unusable(path, `${place} has the id "${demonstration.id}" of an earlier one`);
    }
    demonstrations.push(demonstration);
  }
  return demonstrations.length === 0 ? unusable(path, "it holds no text") : ok(demonstrations);
}

interface Placed {
  readonly place: string;
  readonly value: unknown;
}

function parseList(content: string): Result<Placed[], string> {
  const list = parseJson(content);
  if (!list.ok) return err(`it is not valid JSON: ${list.error}`);
  if (!Array.isArray(list.value)) return err("it should be a JSON list, or one JSON value a line");
  return ok(list.value.map((value: unknown, index) => ({ place: `entry ${index + 1}`, value })));
}

function parseLines(content: string): Result<Placed[], string> {
  const values: Placed[] = [];
  for (const [index, line] of content.split("\n").entries()) {
    if (line.trim() === "") continue;
    const value = parseJson(line);
    if (!value.ok) return err(`line ${index + 1} is not valid JSON: ${value.error} (a JSON list or JSONL is expected)`);
    values.push({ place: `line ${index + 1}`, value: value.value });
  }
  return ok(values);
}

function parseJson(text: string): Result<unknown, string> {
  try {
    return ok(JSON.parse(text));
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}

/** Without an id of its own a text is known by its content, so that its place in the file does not matter. */
function demonstrationOf(entry: Entry): Demonstration {
  const text = (typeof entry === "string" ? entry : entry.text).trim();
  const id = typeof entry === "string" ? undefined : entry.id;
  return { id: id === undefined ? sha256Hex(text).slice(0, 16) : String(id), text };
}

function unusable(path: string, why: string): Result<never, Failure> {
  const message = `The demonstrations file ${path} cannot be used: ${why}.`;
  return err(failure({ boundary: "storage", code: "demonstrations-unusable", message, wholeRun: true }));
}

const leastCharacters = 200;
const mostCharacters = 10_000;
const trailer =
  /^(?:[A-Za-z][A-Za-z-]*-by|Change-Id|Cc|Bug|Fixes|Closes|Refs?|Reviewed-on|git-svn-id|PiperOrigin-RevId|Differential Revision)\s*:.*$/i;
const mechanical = /^(?:merge\b|revert\b|bump\b|update (?:dependency|dependencies)\b|release\b|(?:chore|build)\(deps)/i;

/**
 * Commit messages with enough to say to be imitated: at least 200 characters in a title and a body, trailers cut, none that a
 * tool writes (merges, reverts, version bumps). The caller hands in only messages from before the hold-out cut.
 */
export function demonstrationsFromHistory(messages: readonly Demonstration[]): readonly Demonstration[] {
  const byText = new Map<string, Demonstration>();
  for (const { id, text } of messages) {
    const lines = text.replaceAll("\r\n", "\n").split("\n");
    const kept = lines
      .filter((line) => !trailer.test(line))
      .join("\n")
      .trim();
    const hasSubstance = kept.length >= leastCharacters && kept.length <= mostCharacters && kept.includes("\n");
    if (hasSubstance && !mechanical.test(kept) && !byText.has(kept)) byText.set(kept, { id, text: kept });
  }
  return [...byText.values()];
}

/**
 * The demonstrations a repository's settings name: null, ours; "history", those of `messages` that have substance; else a user's
 * file. A history with none is a failure of the whole run.
 */
export async function demonstrationsFor(
  choice: string | null,
  messages: readonly Demonstration[],
): Promise<Result<readonly Demonstration[], Failure>> {
  if (choice === null) return ok(builtInDemonstrations());
  if (choice !== "history") return await readDemonstrations(choice);
  const fromHistory = demonstrationsFromHistory(messages);
  if (fromHistory.length > 0) return ok(fromHistory);
  const message =
    "The repository's history before the cut has no commit message that could serve as a demonstration: give a file, or leave the setting out.";
  return err(failure({ boundary: "repository", code: "no-demonstrations", message, wholeRun: true }));
}

/** One of the list, a pure function of its key. Throws on an empty list. */
export function drawDemonstration(
  list: readonly Demonstration[],
  { seed, key }: { readonly seed: number; readonly key: string },
): Demonstration {
  return drawOne(list, "demonstration", seed, key);
}
