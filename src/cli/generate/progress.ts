import type { LineageOutcome } from "../../records/lineage.ts";
import type { Spending } from "../../records/usage.ts";
import type { Terminal } from "../command.ts";
import { counted } from "../counted.ts";

/** How far a run is: of `total` lineages, those with an outcome that is not tried again, and the steps of all. */
export interface Reached extends Readonly<Record<LineageOutcome["state"], number>> {
  readonly total: number;
  readonly steps: number;
}

/** Shows how far a run is: live lines on a terminal, a plain line every few seconds when piped. */
export interface Progress extends Disposable {
  readonly reached: Reached;
  /** `reached`: by earlier processes. Counts are of the whole run, the rate and the time left of what this process does. */
  start(reached: Reached): void;
  step(): void;
  ended(outcome: LineageOutcome): void;
  /** How far it is where other processes work too; only this counts then. */
  reach(reached: Omit<Reached, "total">): void;
}

const plainEveryMs = 5000;
const liveEveryMs = 250;
const redrawMs = 1000;
/** Rows that a terminal has at least where details are shown, and rows of it that they leave to what is said. */
const [fewestRows, rowsForOthers] = [12, 5];
/** Columns left free at the end of the live line, where a terminal writes ^C when it is pressed, twice perhaps. */
const echoColumns = 4;

export interface ProgressSource {
  readonly spending: () => Spending;
  /** What the live view says below its first line, where there is room for it. */
  readonly details: (reached: Reached) => readonly string[];
  /** Left out: the process's own. */
  readonly nowMs?: () => number;
}

export function createProgress(terminal: Terminal, { spending, details, nowMs = () => performance.now() }: ProgressSource): Progress {
  let before: Reached = { total: 0, kept: 0, rejected: 0, failed: 0, steps: 0 };
  let now = { ...before };
  let [startedMs, shownMs] = [0, 0];
  let isShared = false;
  let redrawing: NodeJS.Timeout | undefined;
  const show = (everyMs: number): void => {
    if (nowMs() - shownMs < everyMs && doneOf(now) < now.total) return;
    shownMs = nowMs();
    const facts = { before, now, seconds: (shownMs - startedMs) / 1000, spending: spending(), ended: false };
    const width = terminal.columns - echoColumns;
    if (terminal.interactive) terminal.live([liveLine(facts, width), ...fittingDetails(details(now), terminal, width)]);
    else terminal.say(plainLine(facts, Infinity));
  };
  const everyMs = terminal.interactive ? liveEveryMs : plainEveryMs;
  return {
    get reached() {
      return now;
    },
    start(reached) {
      [before, now] = [reached, { ...reached }];
      startedMs = nowMs();
      shownMs = terminal.interactive ? 0 : startedMs;
      if (!terminal.interactive) return;
      show(0);
      // While a slow teacher thinks there is something to see too.
      redrawing = setInterval(() => show(everyMs), redrawMs);
      redrawing.unref();
    },
    step() {
      now.steps++;
      show(everyMs);
    },
    ended(outcome) {
      if (isShared) return;
      now[outcome.state]++;
      show(everyMs);
    },
    reach(reached) {
      isShared = true;
      now = { ...now, ...reached };
      show(everyMs);
    },
    [Symbol.dispose]() {
      clearInterval(redrawing);
      if (!terminal.interactive || now.total === 0) return;
      terminal.live(null);
      const seconds = (nowMs() - startedMs) / 1000;
      const worked = now.steps > before.steps || doneOf(now) > doneOf(before);
      if (worked) terminal.say(plainLine({ before, now, seconds, spending: spending(), ended: true }, terminal.columns));
      now = { ...now, total: 0 };
    },
  };
}

interface Facts {
  readonly before: Reached;
  readonly now: Reached;
  /** Since this process began with the lineages. */
  readonly seconds: number;
  readonly spending: Spending;
  /** This process goes on with none of them. */
  readonly ended: boolean;
}

function fittingDetails(lines: readonly string[], { rows }: Terminal, width: number): string[] {
  if (rows < fewestRows) return [];
  return lines.slice(0, rows - rowsForOthers).map((line) => (line.length <= width ? line : `${line.slice(0, width - 1)}…`));
}

function doneOf({ kept, rejected, failed }: Reached): number {
  return kept + rejected + failed;
}

function liveLine(facts: Facts, width: number): string {
  const { now } = facts;
  const text = fitted(`${doneOf(now)}/${now.total}`, facts, width);
  return withBar(text, doneOf(now) / now.total, width);
}

function plainLine(facts: Facts, width: number): string {
  return fitted(`${doneOf(facts.now)}/${facts.now.total} ${facts.now.total === 1 ? "lineage" : "lineages"}:`, facts, width);
}

/** As much as is known and as has room; the least telling goes first. */
function fitted(head: string, { before, now, seconds, spending, ended }: Facts, width: number): string {
  const states = `${now.kept} kept, ${now.rejected} rejected, ${now.failed} failed`;
  const steps = counted(now.steps, "step");
  const cost = liveCost(spending);
  const here = doneOf(now) - doneOf(before);
  const [waiting, known] = [now.total - doneOf(now), here > 0];
  const rate = known ? `${((60 * here) / Math.max(0.001, seconds)).toFixed(1)}/min` : "";
  const left = known && waiting > 0 && !ended ? `${duration((waiting * seconds) / here)} left` : "";
  const forms = [[states, steps, rate, cost, left], [states, steps, cost, left], [states, cost, left], [states, left], [states], []];
  const lines = forms.map((parts) => `${head} ${parts.filter((part) => part !== "").join(" · ")}`.trimEnd());
  return lines.find((line) => line.length <= width) ?? lines.at(-1) ?? head;
}

/** A bar before the text, where the columns leave room for one. */
function withBar(text: string, share: number, columns: number): string {
  const cells = Math.min(24, columns - text.length - 1);
  if (cells < 6) return text;
  const full = Math.round(cells * share);
  return `${"█".repeat(full)}${"░".repeat(cells - full)} ${text}`;
}

/** What is known to have been paid; calls that broke off may have cost something more. */
export function liveCost({ costUsd, unknownCostCalls }: Spending): string {
  if (costUsd === null) return "cost unknown";
  return `${unknownCostCalls > 0 ? "≥ " : ""}$${costUsd.toFixed(2)}`;
}

/** Seconds as "45 s", "3 min" or "2 h 5 min". */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
