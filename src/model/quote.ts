import { createScrubber, Secret } from "../base/secret.ts";

/** Characters of a server's words that a message repeats. */
const longestQuote = 300;

/** Makes a server's words fit for a message: one line, at most 300 characters, without the key that it may echo in any spelling. */
export type Quote = (text: string) => string;

/** The key is taken out before the words are cut: half a key would be found by nobody after that. */
export function createQuote(apiKey: { reveal(): string } | null): Quote {
  const scrubber = createScrubber(apiKey === null ? [] : [new Secret("key", apiKey.reveal())]);
  return (text) => {
    const keyless = scrubber.text(text).replaceAll("[env:key]", "[key]");
    const line = keyless.replaceAll(/[\s\p{Cc}\p{Bidi_Control}]+/gu, " ").trim();
    return line.length <= longestQuote ? line : `${line.slice(0, longestQuote - 1).toWellFormed()}…`;
  };
}
