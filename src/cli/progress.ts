import type { LineageOutcome } from "../records/lineage.ts";
import type { Spending } from "../records/usage.ts";
import type { Terminal } from "./command.ts";

/** Shows how far a run is: one live line on a terminal, a plain line every few seconds when piped. */
export interface Progress extends Disposable {
  /** `total` lineages, of which `done` were finished by an earlier process. */
  start(total: number, done: number): void;
  step(): void;
  ended(outcome: LineageOutcome): void;
}

const plainEveryMs = 5000;
const liveEveryMs = 250;

export function createProgress(terminal: Terminal, spending: () => Spending): Progress {
  const counts = { kept: 0, rejected: 0, failed: 0 };
  let [total, before, done, steps, startedMs, shownMs] = [0, 0, 0, 0, 0, 0];
  const line = (): string => {
    const seconds = Math.max(0.001, (performance.now() - startedMs) / 1000);
    const here = done - before;
    const left = here === 0 ? "…" : duration(((total - done) * seconds) / here);
    const rate = `${((here / seconds) * 60).toFixed(1)}/min`;
    const states = `${counts.kept} kept, ${counts.rejected} rejected, ${counts.failed} failed`;
    return `${states} · ${steps} steps · ${rate} · ${liveCost(spending())} · ${left} left`;
  };
  const show = (everyMs: number): void => {
    if (performance.now() - shownMs < everyMs && done < total) return;
    shownMs = performance.now();
    if (terminal.interactive) terminal.live(withBar(`${done}/${total} ${line()}`, done / total, terminal.columns));
    else terminal.say(`${done}/${total} lineages: ${line()}`);
  };
  const everyMs = terminal.interactive ? liveEveryMs : plainEveryMs;
  return {
    start(all, finished) {
      [total, before, done] = [all, finished, finished];
      startedMs = performance.now();
      shownMs = terminal.interactive ? 0 : startedMs;
      if (terminal.interactive) show(0);
    },
    step() {
      steps++;
      show(everyMs);
    },
    ended(outcome) {
      counts[outcome.state]++;
      done++;
      show(everyMs);
    },
    [Symbol.dispose]() {
      if (!terminal.interactive || total === 0) return;
      terminal.live(null);
      terminal.say(`${done}/${total} lineages: ${line()}`);
      total = 0;
    },
  };
}

/** A bar before the text, where the columns leave room for one. */
function withBar(text: string, share: number, columns: number): string {
  const cells = Math.min(24, columns - text.length - 2);
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
