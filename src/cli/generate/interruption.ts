import type { Terminal } from "../command.ts";

/**
 * Ctrl-C once drains (no new lineage, those under way are finished), twice stops at once; SIGTERM stops at once. Either way the
 * run resumes. `status`: of the signal that came, or null.
 */
export interface Interruption extends Disposable {
  readonly drain: AbortSignal;
  readonly stop: AbortSignal;
  readonly status: number | null;
}

const stopped = new Error("stopped by a signal");

export function watchInterruption(terminal: Terminal): Interruption {
  const drain = new AbortController();
  const stop = new AbortController();
  let status: number | null = null;
  const onInterrupt = (): void => {
    status = 130;
    if (drain.signal.aborted) return stop.abort(stopped);
    drain.abort(stopped);
    terminal.say("Finishing the lineages under way; nothing is lost. Press Ctrl-C again to stop at once.");
  };
  const onTerminate = (): void => {
    status = 143;
    drain.abort(stopped);
    stop.abort(stopped);
  };
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onTerminate);
  process.on("SIGHUP", onTerminate);
  return {
    drain: drain.signal,
    stop: stop.signal,
    get status() {
      return status;
    },
    [Symbol.dispose]() {
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", onTerminate);
      process.off("SIGHUP", onTerminate);
    },
  };
}
