import type { Terminal } from "../command.ts";

/** Ends work at the first Ctrl-C (status 130) or SIGTERM (143) so that it can clean up; a second one ends the process at once. */
export function watchSignals(terminal: Pick<Terminal, "exit">): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const statuses = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const;
  const listeners = Object.entries(statuses).map(([name, status]) => {
    const listener = (): void => {
      terminal.exit(status);
      controller.abort(new Error(`stopped by ${name}`));
    };
    // Once: the next one has Node's own effect.
    process.once(name, listener);
    return { name, listener };
  });
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const { name, listener } of listeners) process.off(name, listener);
    },
  };
}
