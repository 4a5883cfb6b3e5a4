/** Items that wait while a batch is being written go together in the next one; each promise settles with its batch. */
export class GroupCommit<Item> implements AsyncDisposable {
  readonly #write: (batch: readonly Item[]) => Promise<readonly (Error | null)[]>;
  readonly #most: number;
  #queue: { readonly item: Item; readonly settled: PromiseWithResolvers<void> }[] = [];
  #running: Promise<void> | null = null;
  #closed = false;

  /** `write` gives an error for each item that was refused, null for one that was written; what it throws concerns all. */
  constructor(most: number, write: (batch: readonly Item[]) => Promise<readonly (Error | null)[]>) {
    this.#most = most;
    this.#write = write;
  }

  async add(item: Item): Promise<void> {
    if (this.#closed) throw new Error("a write after the end");
    const settled = Promise.withResolvers<void>();
    this.#queue.push({ item, settled });
    this.#running ??= this.#drain();
    return await settled.promise;
  }

  /** Everything added so far is written, or refused. */
  async flush(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  async #drain(): Promise<void> {
    // What is added in the same turn of the loop goes together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, this.#most);
      const refusals = await this.#write(batch.map(({ item }) => item)).catch((error: unknown) => batch.map(() => error));
      for (const [index, { settled }] of batch.entries()) {
        const refusal = refusals[index] ?? null;
        if (refusal === null) settled.resolve();
        else settled.reject(refusal);
      }
    }
    this.#running = null;
  }
}
