/** What a promise gives, or undefined after some time. */
export async function within<Value>(promise: Promise<Value>, waitMs: number): Promise<Value | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), Math.min(Math.max(waitMs, 0), 2 ** 31 - 1));
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
