/** Response headers, names in lower case, as HTTP clients give them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * How long a server asks to wait, in milliseconds: `retry-after-ms`, else `retry-after` in seconds or as an HTTP date, which is read
 * against the server's own `date` where it sent one. Null where it asked for nothing that can be read.
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | null {
  const milliseconds = numberIn(headerOf(headers, "retry-after-ms"));
  if (milliseconds !== null) return milliseconds;
  const asked = headerOf(headers, "retry-after");
  if (asked === null) return null;
  const seconds = numberIn(asked);
  if (seconds !== null) return seconds * 1000;
  const until = Date.parse(asked);
  if (Number.isNaN(until)) return null;
  const serverNow = Date.parse(headerOf(headers, "date") ?? "");
  return Math.max(0, until - (Number.isNaN(serverNow) ? nowMs : serverNow));
}

/** The first value of a header. */
export function headerOf(headers: Headers, name: string): string | null {
  const value = headers[name];
  return (typeof value === "string" ? value : value?.[0]) ?? null;
}

function numberIn(text: string | null): number | null {
  return text !== null && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : null;
}
