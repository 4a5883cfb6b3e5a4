import { err, ok, type Result } from "../../base/result.ts";
import type { Conversation, RenderProblem } from "../../tokens/conversation.ts";
import type { Tokenizer } from "../../tokens/tokenizer.ts";

/** A tokenizer of another language than any student's: a word is a token, and every message has two more around it. */
export function wordTokenizer(): Tokenizer {
  const words = (text: string): number => text.split(/\s+/).filter((word) => word !== "").length;
  const countOf = ({ messages }: Conversation): Result<readonly number[], RenderProblem> => {
    if (messages.some(({ content }) => content.includes("UNRENDERABLE"))) return err({ reason: "template-failed", message: "it says so" });
    let sum = 0;
    return ok(messages.map(({ content }) => (sum += words(content) + 2)));
  };
  return {
    name: "words",
    id: "words",
    vocabularySize: 2,
    render: async () => err({ reason: "template-failed", message: "nothing is rendered here" }),
    count: async (conversation) => countOf(conversation),
    countTexts: async (texts) => texts.map(words),
    async *countMany(conversations) {
      // Reads ahead, as a tokenizer of several threads does.
      const waiting: Result<readonly number[], RenderProblem>[] = [];
      for await (const conversation of conversations) {
        waiting.push(countOf(conversation));
        const next = waiting.length > 3 ? waiting.shift() : undefined;
        if (next !== undefined) yield next;
      }
      yield* waiting;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
