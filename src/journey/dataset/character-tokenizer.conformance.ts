import { ok } from "../../base/result.ts";
import type { Tokenizer } from "../../tokens/tokenizer.ts";

/** A tokenizer with a token a character, for tests of what is done with tokens; an assistant's characters have loss. */
export function characterTokenizer(): Tokenizer {
  const lengths = (messages: readonly { readonly content: string }[]): number[] => {
    let end = 0;
    return messages.map(({ content }) => (end += content.length));
  };
  return {
    name: "characters",
    id: "characters-1",
    vocabularySize: 65_536,
    async render({ messages }) {
      const parts = messages.map(({ role, content }) => ({
        role,
        codes: Array.from({ length: content.length }, (_, at) => content.charCodeAt(at)),
      }));
      return ok({
        ids: parts.flatMap(({ codes }) => codes),
        labels: parts.flatMap(({ role, codes }) => codes.map((code) => (role === "assistant" ? code : -100))),
        ends: lengths(messages),
      });
    },
    count: async ({ messages }) => ok(lengths(messages)),
    countTexts: async (texts) => texts.map(({ length }) => length),
    async *countMany(conversations) {
      for await (const { messages } of conversations) yield ok(lengths(messages));
    },
    async [Symbol.asyncDispose]() {
      // Nothing is open.
    },
  };
}
