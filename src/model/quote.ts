import { createScrubber, Secret } from "../base/secret.ts";
import type { ApiKey } from "./model.ts";

/** Characters of a server's words that a message repeats. */
const longestQuote = 300;

const unnamed = "a key";

/** Makes a server's words fit for a message: one line, at most 300 characters, without the key that it may echo in any spelling. */
export type Quote = (text: string) => string;

/** The key is taken out before the words are cut: half a key would be found by nobody after that. */
export function createQuote(apiKey: ApiKey | null): Quote {
  const secrets = apiKey === null ? [] : [new Secret(apiKey.name ?? unnamed, apiKey.reveal())];
  const scrubber = createScrubber(secrets);
  return (text) => {
    const keyless = scrubber.text(text).replaceAll(`[env:${unnamed}]`, "[key]");
    const line = keyless.replaceAll(/[\s\p{Cc}\p{Bidi_Control}]+/gu, " ").trim();
    return line.length <= longestQuote ? line : `${line.slice(0, longestQuote - 1).toWellFormed()}…`;
  };
}
