interface Flight<Value> {
  readonly landed: Promise<Value>;
  readonly stop: AbortController;
  waiting: number;
}

/** Work that many may want at the same time and that is done once: it goes on as long as one of them waits for it. */
export class SingleFlight<Value> {
  readonly #flights = new Map<string, Flight<Value>>();

  async run(key: string, work: (signal: AbortSignal) => Promise<Value>, signal: AbortSignal): Promise<Value> {
    signal.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#begin(key, work);
    flight.waiting += 1;
    const stopped = Promise.withResolvers<never>();
    const stop = (): void => stopped.reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await Promise.race([flight.landed, stopped.promise]);
    } finally {
      signal.removeEventListener("abort", stop);
      flight.waiting -= 1;
      if (flight.waiting === 0) await this.#leave(key, flight);
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<Value>): Flight<Value> {
    const stop = new AbortController();
    const landed = work(stop.signal);
    landed.catch(() => null);
    const flight = { landed, stop, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }

  /** Nobody waits: it has landed, or is wanted no more, and cleans up behind itself before the last one goes. */
  async #leave(key: string, flight: Flight<Value>): Promise<void> {
    flight.stop.abort();
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
    await flight.landed.catch(() => null);
  }
}
