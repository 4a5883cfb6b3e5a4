import { createHash } from "node:crypto";

/**
 * Seeded draws without a shared random stream: each is a pure function of its key, so order of work and
 * concurrency never change it (design §3, "What is the same when").
 */

/** A number in [0, 1) with 48 bits, determined by the parts of the key. */
export function drawUnit(...key: readonly (string | number)[]): number {
  const digest = createHash("sha256").update(JSON.stringify(key)).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/** An integer in [0, bound). */
export function drawIndex(bound: number, ...key: readonly (string | number)[]): number {
  return Math.floor(drawUnit(...key) * bound);
}

/** One of the items; throws on an empty list, which is a bug of the caller. */
export function drawOne<Item>(items: readonly Item[], ...key: readonly (string | number)[]): Item {
  const item = items[drawIndex(items.length, ...key)];
  if (item === undefined) throw new Error("drawOne from an empty list");
  return item;
}
