import { SingleBar } from "cli-progress";
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

export function createProgress(terminal: Terminal, spending: () => Spending): Progress {
  const bar = terminal.interactive ? createBar(terminal.columns) : null;
  const counts = { kept: 0, rejected: 0, failed: 0 };
  let [total, before, done, steps, startedMs, saidMs] = [0, 0, 0, 0, 0, 0];
  const line = (): string => {
    const seconds = Math.max(0.001, (performance.now() - startedMs) / 1000);
    const here = done - before;
    const left = here === 0 ? "…" : duration(((total - done) * seconds) / here);
    const rate = `${((here / seconds) * 60).toFixed(1)}/min`;
    const states = `${counts.kept} kept, ${counts.rejected} rejected, ${counts.failed} failed`;
    return `${states} · ${steps} steps · ${rate} · ${liveCost(spending())} · ${left} left`;
  };
  const show = (): void => {
    if (bar !== null) return bar.update(done, { line: line() });
    if (performance.now() - saidMs < plainEveryMs && done < total) return;
    saidMs = performance.now();
    terminal.say(`${done}/${total} lineages: ${line()}`);
  };
  return {
    start(all, finished) {
      [total, before, done] = [all, finished, finished];
      startedMs = saidMs = performance.now();
      bar?.start(total, done, { line: line() });
    },
    step() {
      steps++;
      if (bar !== null || performance.now() - saidMs >= plainEveryMs) show();
    },
    ended(outcome) {
      counts[outcome.state]++;
      done++;
      show();
    },
    [Symbol.dispose]: () => bar?.stop(),
  };
}

/** What is known to have been paid; calls that broke off may have cost something more. */
export function liveCost({ costUsd, unknownCostCalls }: Spending): string {
  if (costUsd === null) return "cost unknown";
  return `${unknownCostCalls > 0 ? "≥ " : ""}$${costUsd.toFixed(2)}`;
}

function createBar(columns: number): SingleBar {
  const barsize = Math.max(6, Math.min(24, columns - 76));
  return new SingleBar({
    format: "{bar} {value}/{total} {line}",
    barsize,
    stream: process.stderr,
    hideCursor: true,
    linewrap: false,
    fps: 4,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    gracefulExit: false,
  });
}

/** Seconds as "45 s", "3 min" or "2 h 5 min". */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
