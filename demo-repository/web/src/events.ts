export type Listener<Event> = (event: Event) => void | Promise<void>;

/** Events by name, typed by a map of names to payloads. */
export class Emitter<Events extends Record<string, unknown>> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** Gives a function that stops listening. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener as Listener<never>));
    return () => {
      listeners.delete(listener as Listener<never>);
    };
  }

  once<Name extends keyof Events>(name: Name, signal?: AbortSignal): Promise<Events[Name]> {
    return new Promise((resolve, reject) => {
      const stop = this.on(name, (event) => {
        stop();
        resolve(event);
      });
      signal?.addEventListener("abort", () => {
        stop();
        reject(signal.reason);
      });
    });
  }

  /** Waits for all listeners; the first failure is thrown after the others are done. */
  async emit<Name extends keyof Events>(name: Name, event: Events[Name]): Promise<number> {
    const listeners = [...(this.#listeners.get(name) ?? [])] as Listener<Events[Name]>[];
    const outcomes = await Promise.allSettled(listeners.map(async (listener) => listener(event)));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return listeners.length;
  }

  count(name: keyof Events): number {
    return this.#listeners.get(name)?.size ?? 0;
  }
}

/** Calls at most once in a while: the last arguments win. */
export function debounce<Arguments extends unknown[]>(call: (...args: Arguments) => void, waitMs: number): (...args: Arguments) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return function later(...args: Arguments): void {
    clearTimeout(timer);
    timer = setTimeout(() => call(...args), waitMs);
  };
}
