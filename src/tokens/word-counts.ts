import type { JsEncoding, Tokenizer as NativeTokenizer } from "tokenizers";

/** How Qwen's tokenizers part a text into words before they look for tokens in each. */
const qwenWords = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

/**
 * Characters of which JavaScript's expressions and the tokenizer's think alike and that normalization leaves alone: ASCII and Latin-1
 * but its control characters, one of which only the tokenizer takes for space.
 */
const plain = /^[\0-\x7f\xa0-\xff]*$/;

/** Longer words are seldom seen twice, and a piece of a long text keeps all of it in memory. */
const longestKept = 12;
const mostKept = 200_000;
/** Unknown words that go to the native tokenizer as one text: it spreads texts over the cores. */
const wordsAtOnce = 250;

interface Parts {
  readonly native: NativeTokenizer;
  readonly added: readonly { readonly content: string; readonly special: boolean }[];
}

/** A text's tokens as far as its words are known, and the words that are not, each as often as it stands there. */
interface Count {
  tokens: number;
  readonly unknown: string[];
}

/**
 * Counts the tokens of plain texts word by word: tokens never reach over words, of which a repository's texts have few that are new. What
 * is unknown is asked of the native tokenizer, so that the numbers are its own.
 */
export class WordCounts {
  readonly #native: NativeTokenizer;
  readonly #separator: string;
  readonly #separatorId: number;
  readonly #added: RegExp;
  readonly #words = new RegExp(qwenWords, "gu");
  #known = new Map<string, number>();

  /** Null: this tokenizer's rules are not those that are known here. `file`: its tokenizer.json. */
  static of(file: string, parts: Parts): WordCounts | null {
    const normalizer = memberOf(file, "normalizer", "pre_tokenizer");
    const splitting = memberOf(file, "pre_tokenizer", "post_processor");
    const isQwens = JSON.stringify(normalizer) === '{"type":"NFC"}' && JSON.stringify(splitting) === JSON.stringify(qwenSplitting);
    const separator = parts.added.find(({ special }) => special)?.content;
    const id = separator === undefined ? null : parts.native.tokenToId(separator);
    return isQwens && separator !== undefined && id !== null ? new WordCounts(parts, separator, id) : null;
  }

  private constructor({ native, added }: Parts, separator: string, separatorId: number) {
    this.#native = native;
    this.#separator = separator;
    this.#separatorId = separatorId;
    this.#added = new RegExp(`(${added.map(({ content }) => RegExp.escape(content)).join("|")})`);
  }

  takes(text: string): boolean {
    return plain.test(text);
  }

  async count(texts: readonly string[]): Promise<readonly number[]> {
    const counts = texts.map((text) => this.#countKnown(text));
    const unknown = [...new Set(counts.flatMap((count) => count.unknown))];
    const lengths = await this.#ask(unknown);
    for (const count of counts) for (const word of count.unknown) count.tokens += lengths.get(word) ?? 0;
    return counts.map(({ tokens }) => tokens);
  }

  #countKnown(text: string): Count {
    const count: Count = { tokens: 0, unknown: [] };
    // Every second part is an added token.
    for (const [index, part] of text.split(this.#added).entries()) {
      if (index % 2 === 1) count.tokens++;
      else if (part !== "") this.#countWords(part, count);
    }
    return count;
  }

  #countWords(part: string, count: Count): void {
    const words = this.#words;
    words.lastIndex = 0;
    let from = 0;
    while (from < part.length && words.test(part)) {
      const word = part.slice(from, words.lastIndex);
      from = words.lastIndex;
      const tokens = word.length > longestKept ? undefined : this.#known.get(word);
      if (tokens === undefined) count.unknown.push(word);
      else count.tokens += tokens;
    }
  }

  async #ask(words: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const lengths = new Map<string, number>();
    if (words.length === 0) return lengths;
    const groups = Array.from({ length: Math.ceil(words.length / wordsAtOnce) }, (_, index) =>
      words.slice(index * wordsAtOnce, (index + 1) * wordsAtOnce),
    );
    const encodings = await this.#native.encodeBatch(
      groups.map((group) => group.join(this.#separator)),
      { addSpecialTokens: false },
    );
    for (const [index, group] of groups.entries()) this.#note(group, encodings[index], lengths);
    return lengths;
  }

  #note(words: readonly string[], encoding: JsEncoding | undefined, lengths: Map<string, number>): void {
    if (this.#known.size > mostKept) this.#known = new Map();
    let [word, tokens] = [0, 0];
    for (const id of [...(encoding?.getIds() ?? []), this.#separatorId]) {
      if (id !== this.#separatorId) {
        tokens++;
        continue;
      }
      const text = words[word++] ?? "";
      lengths.set(text, tokens);
      if (text.length <= longestKept) this.#known.set(text, tokens);
      tokens = 0;
    }
  }
}

const qwenSplitting = {
  type: "Sequence",
  pretokenizers: [
    { type: "Split", pattern: { Regex: qwenWords }, behavior: "Isolated", invert: false },
    { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
  ],
};

/** A member at the head of the file, read without the rest; undefined where it does not stand as expected. */
function memberOf(file: string, name: string, next: string): unknown {
  const part = new RegExp(`"${name}"\\s*:\\s*(null|\\{[^]*?\\})\\s*,\\s*"${next}"`).exec(file)?.[1];
  try {
    return part === undefined ? undefined : JSON.parse(part);
  } catch {
    return undefined;
  }
}
