/** Milliseconds; passed in, so that tests choose the time. */
export type Now = () => number;

export interface Decision {
  readonly allowed: boolean;
  readonly remaining: number;
  /** 0 when allowed. */
  readonly retryAfterMs: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket for each key: `capacity` at once, and one more every `refillMs`. */
export class RateLimiter<Key> {
  readonly capacity: number;
  readonly refillMs: number;
  readonly #now: Now;
  readonly #buckets = new Map<Key, Bucket>();

  constructor(capacity: number, refillMs: number, now: Now = Date.now) {
    if (!(capacity >= 1) || !(refillMs > 0)) throw new RangeError("a limiter needs a capacity and a rate");
    this.capacity = capacity;
    this.refillMs = refillMs;
    this.#now = now;
  }

  take(key: Key, cost = 1): Decision {
    const bucket = this.#refilled(key);
    if (bucket.tokens < cost) {
      return { allowed: false, remaining: Math.floor(bucket.tokens), retryAfterMs: this.#waitFor(cost - bucket.tokens) };
    }
    bucket.tokens -= cost;
    return { allowed: true, remaining: Math.floor(bucket.tokens), retryAfterMs: 0 };
  }

  /** Forgets keys whose buckets are full again; gives their number. */
  sweep(): number {
    let swept = 0;
    for (const key of this.#buckets.keys()) {
      if (this.#refilled(key).tokens < this.capacity) continue;
      this.#buckets.delete(key);
      swept++;
    }
    return swept;
  }

  get size(): number {
    return this.#buckets.size;
  }

  #waitFor(tokens: number): number {
    return Math.ceil(tokens * this.refillMs);
  }

  #refilled(key: Key): Bucket {
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: this.capacity, at: now };
    bucket.tokens = Math.min(this.capacity, bucket.tokens + (now - bucket.at) / this.refillMs);
    bucket.at = now;
    this.#buckets.set(key, bucket);
    return bucket;
  }
}

/** The same function, refused with an error when a key calls too often. */
export function limited<Arguments extends unknown[], Value>(
  limiter: RateLimiter<string>,
  keyOf: (...args: Arguments) => string,
  call: (...args: Arguments) => Promise<Value>,
): (...args: Arguments) => Promise<Value> {
  return async (...args) => {
    const { allowed, retryAfterMs } = limiter.take(keyOf(...args));
    if (!allowed) throw new Error(`too many calls; again in ${retryAfterMs} ms`);
    return await call(...args);
  };
}
