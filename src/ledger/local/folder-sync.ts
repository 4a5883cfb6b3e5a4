import { syncFolder } from "../../base/atomic-file.ts";

/**
 * Makes new names in folders durable, many callers by one fsync: a folder is synced after the call that asks for it, once for all
 * that asked since the last round began.
 */
export class FolderSync {
  #asked = new Map<string, PromiseWithResolvers<void>>();
  #running = false;

  sync(folder: string): Promise<void> {
    const asked = this.#asked.get(folder) ?? Promise.withResolvers<void>();
    this.#asked.set(folder, asked);
    if (!this.#running) {
      this.#running = true;
      setImmediate(() => void this.#rounds());
    }
    return asked.promise;
  }

  async #rounds(): Promise<void> {
    while (this.#asked.size > 0) {
      const round = this.#asked;
      this.#asked = new Map();
      await Promise.all([...round].map(async ([folder, asked]) => await syncFolder(folder).then(asked.resolve, asked.reject)));
    }
    this.#running = false;
  }
}
