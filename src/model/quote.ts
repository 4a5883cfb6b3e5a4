/** Characters of a server's words that a message repeats. */
const longestQuote = 300;
/** A shorter key would occur by chance in ordinary words. */
const shortestKey = 6;

/** Makes a server's words fit for a message: one line, at most 300 characters, without the key that it may echo. */
export type Quote = (text: string) => string;

export function createQuote(apiKey: { reveal(): string } | null): Quote {
  return (text) => {
    const key = apiKey?.reveal() ?? "";
    const keyless = key.length >= shortestKey ? text.replaceAll(key, "[key]") : text;
    const line = keyless.replaceAll(/[\s\p{Cc}\p{Bidi_Control}]+/gu, " ").trim();
    return line.length <= longestQuote ? line : `${line.slice(0, longestQuote - 1).toWellFormed()}…`;
  };
}
