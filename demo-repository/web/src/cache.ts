import type { Now } from "./rate-limiter.ts";

interface Entry<Value> {
  readonly value: Value;
  readonly until: number;
}

/** Keeps the values that were used last, each for a while. */
export class Cache<Key, Value> {
  readonly #limit: number;
  readonly #keepMs: number;
  readonly #now: Now;
  readonly #entries = new Map<Key, Entry<Value>>();
  readonly #pending = new Map<Key, Promise<Value>>();
  #hits = 0;
  #misses = 0;

  constructor(limit: number, keepMs: number, now: Now = Date.now) {
    this.#limit = limit;
    this.#keepMs = keepMs;
    this.#now = now;
  }

  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.until <= this.#now()) {
      this.#entries.delete(key);
      this.#misses++;
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#hits++;
    return entry.value;
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: this.#now() + this.#keepMs });
    if (this.#entries.size > this.#limit) this.#dropOldest();
  }

  /** The value, made once even when several ask at the same time; a failure is not kept. */
  async getOrMake(key: Key, make: (key: Key) => Promise<Value>): Promise<Value> {
    const known = this.get(key);
    if (known !== undefined) return known;
    const pending = this.#pending.get(key) ?? this.#start(key, make);
    return await pending;
  }

  get hitShare(): number | null {
    const asked = this.#hits + this.#misses;
    return asked === 0 ? null : this.#hits / asked;
  }

  readonly clear = (): void => {
    this.#entries.clear();
    this.#hits = 0;
    this.#misses = 0;
  };

  async #start(key: Key, make: (key: Key) => Promise<Value>): Promise<Value> {
    const made = make(key);
    this.#pending.set(key, made);
    try {
      const value = await made;
      this.set(key, value);
      return value;
    } finally {
      this.#pending.delete(key);
    }
  }

  #dropOldest(): void {
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }
}
