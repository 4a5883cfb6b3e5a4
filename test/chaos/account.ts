import { readFile } from "node:fs/promises";
import type { JournalEntry } from "../../src/records/journal-entry.ts";

/**
 * The teacher's log beside the journal. `lines`: requests that reached it; `replies`, `failures`, `open`: what the journal holds of
 * calls, `open` those without an outcome, which are possibly paid; `wrong`: what does not fit, in words.
 */
export interface Account {
  readonly lines: number;
  readonly replies: number;
  readonly failures: number;
  readonly open: number;
  readonly wrong: readonly string[];
}

type Calls = Readonly<Record<"replies" | "failures" | "open", number>>;

/** Reads the log. A line belongs to a call by the hash of the request, which the call's intent has. */
export async function accountOf(journal: AsyncIterable<JournalEntry>, logPath: string): Promise<Account> {
  const entries = await Array.fromAsync(journal);
  const lines = (await readFile(logPath, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { readonly hash: string }).hash);
  const calls = callsByHash(entries);
  const asked = Map.groupBy(lines, (hash) => hash);
  const sum = (what: keyof Calls): number => calls.values().reduce((total, each) => total + each[what], 0);
  return {
    lines: lines.length,
    replies: sum("replies"),
    failures: sum("failures"),
    open: sum("open"),
    wrong: [...linesThatDoNotFit(calls, asked), ...sentAgain(entries)],
  };
}

function callsByHash(entries: readonly JournalEntry[]): Map<string, Calls> {
  const outcomes = new Map<string, "replies" | "failures">();
  for (const entry of entries) {
    if (entry.kind === "reply") outcomes.set(callOf(entry), "replies");
    if (entry.kind === "call-failure") outcomes.set(callOf(entry), "failures");
  }
  const calls = new Map<string, Calls>();
  for (const entry of entries) {
    if (entry.kind !== "intent") continue;
    const counts = calls.get(entry.requestHash) ?? { replies: 0, failures: 0, open: 0 };
    const outcome = outcomes.get(callOf(entry)) ?? "open";
    calls.set(entry.requestHash, { ...counts, [outcome]: counts[outcome] + 1 });
  }
  return calls;
}

/** Each line is a reply or a failure that is journaled, or one of the calls that are possibly paid, and of none two. */
function linesThatDoNotFit(calls: ReadonlyMap<string, Calls>, asked: ReadonlyMap<string, readonly string[]>): string[] {
  const wrong: string[] = [];
  for (const hash of new Set([...calls.keys(), ...asked.keys()])) {
    const { replies, failures, open } = calls.get(hash) ?? { replies: 0, failures: 0, open: 0 };
    const lines = asked.get(hash)?.length ?? 0;
    if (lines < replies + failures || lines > replies + failures + open)
      wrong.push(
        `request ${hash}: ${lines} lines in the log, ${replies} replies, ${failures} failures and ${open} open calls in the journal`,
      );
  }
  return wrong;
}

/** Calls for a turn whose reply was there already. */
function sentAgain(entries: readonly JournalEntry[]): string[] {
  const answered = new Map<string, ReadonlySet<number>>();
  const wrong: string[] = [];
  for (const entry of entries) {
    const turns = answered.get(entry.key) ?? new Set();
    if (entry.kind === "reply") answered.set(entry.key, new Set([...turns, entry.turn]));
    if (entry.kind === "superseded") answered.set(entry.key, new Set([...turns].filter((turn) => turn < entry.turn)));
    if (entry.kind === "intent" && turns.has(entry.turn)) wrong.push(`${callOf(entry)} was sent although its reply was there`);
  }
  return wrong;
}

function callOf({ key, turn, try: attempt }: { readonly key: string; readonly turn: number; readonly try: number }): string {
  return `${key} turn ${turn} try ${attempt}`;
}
