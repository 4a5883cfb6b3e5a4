import type { JsEncoding, Tokenizer as NativeTokenizer } from "tokenizers";
import { makeFolder } from "../base/atomic-file.ts";
import { Garbage } from "../base/garbage.ts";
import { contentId, sha256Hex } from "../base/hash.ts";
import { err, ok, type Result } from "../base/result.ts";
import { ChatTemplate } from "./chat-template.ts";
import type { Conversation, RenderProblem } from "./conversation.ts";
import { CountCache, keyOfConversation } from "./count-cache.ts";
import { readTokenizerFiles, type TokenizerFiles, type TokenizerProblem } from "./tokenizer-files.ts";
import { partsAtSpecialTokens, turnsOf, type Turn } from "./turn-spans.ts";
import { WordCounts } from "./word-counts.ts";

/** The label of a token whose loss is not taken. */
export const noLoss = -100;

/**
 * A conversation as a trainer takes it. `labels`: the token's own id where an assistant said it (with its end token), else `noLoss`;
 * `ends`: tokens up to and with each message; tool results in a row end together.
 */
export interface Rendered {
  readonly ids: readonly number[];
  readonly labels: readonly number[];
  readonly ends: readonly number[];
}

/**
 * A student's tokenizer with its chat template. Ids are those of transformers' `apply_chat_template`. `id`: hash of vocabulary and template.
 */
export interface Tokenizer extends AsyncDisposable {
  readonly name: string;
  readonly id: string;
  readonly vocabularySize: number;
  render(conversation: Conversation): Promise<Result<Rendered, RenderProblem>>;
  /** The `ends` of `render`, without its ids; remembered. */
  count(conversation: Conversation): Promise<Result<readonly number[], RenderProblem>>;
  /** `count` of many, in their order, on all cores. */
  countMany(
    conversations: Iterable<Conversation> | AsyncIterable<Conversation>,
  ): AsyncGenerator<Result<readonly number[], RenderProblem>, void, undefined>;
  /** Tokens of plain texts, in no template. */
  countTexts(texts: readonly string[]): Promise<readonly number[]>;
}

/** `cacheFolder`: where counts are kept from one call to the next; null: nowhere. */
export interface TokenizerOptions {
  readonly cacheFolder?: string | null;
}

/** Qwen3's tokenizer (`qwen3`), or that of a model's folder. */
export async function openTokenizer(
  place: string,
  { cacheFolder = null }: TokenizerOptions = {},
): Promise<Result<Tokenizer, TokenizerProblem>> {
  const files = await readTokenizerFiles(place);
  if (!files.ok) return files;
  const template = await ChatTemplate.parse(files.value.template, files.value.names);
  if (!template.ok) return err({ code: "template-unusable", message: `The chat template of ${place} cannot be read: ${template.error}.` });
  const { Tokenizer: Native } = await import("tokenizers");
  // Without a folder nothing is remembered.
  if (cacheFolder !== null) await makeFolder(cacheFolder).catch(() => undefined);
  try {
    const native = Native.fromString(files.value.tokenizerJson);
    return ok(new TemplateTokenizer({ native, template: template.value, files: files.value, cacheFolder }));
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return err({ code: "tokenizer-unusable", message: `The tokenizer.json of ${place} cannot be read: ${words.replace(/\.$/, "")}.` });
  }
}

interface TokenizerParts {
  readonly native: NativeTokenizer;
  readonly template: ChatTemplate;
  readonly files: TokenizerFiles;
  readonly cacheFolder: string | null;
}

/** Turns that go to the native tokenizer at once: it spreads a batch over all cores. */
const batchTurns = 64;

/** Tokens whose encodings, of about 95 bytes each, may wait to be freed. */
const mostEncoded = 300_000;

/** Characters of texts that were parted into words, and whose pieces may wait to be freed. */
const mostParted = 8_000_000;

class TemplateTokenizer implements Tokenizer {
  readonly name: string;
  readonly id: string;
  readonly vocabularySize: number;
  readonly #native: NativeTokenizer;
  readonly #template: ChatTemplate;
  /** The tokens that no text may hold: those that the vocabulary marks as special. */
  readonly #specials: readonly string[];
  readonly #words: WordCounts | null;
  readonly #cache: CountCache;
  readonly #encodings = new Garbage(mostEncoded);
  readonly #texts = new Garbage(mostParted);

  constructor({ native, template, files, cacheFolder }: TokenizerParts) {
    this.name = files.name;
    this.id = contentId([sha256Hex(files.tokenizerJson), files.template, files.names]);
    this.vocabularySize = native.getVocabSize(true);
    this.#native = native;
    this.#template = template;
    const added = addedTokens(files.tokenizerJson);
    this.#specials = added.filter(({ special }) => special).map(({ content }) => content);
    this.#words = WordCounts.of(files.tokenizerJson, { native, added });
    this.#cache = new CountCache(cacheFolder === null ? null : { folder: cacheFolder, tokenizer: this.id });
  }

  async render(conversation: Conversation): Promise<Result<Rendered, RenderProblem>> {
    const turns = this.#turns(conversation);
    if (!turns.ok) return turns;
    const [ids, labels, ends]: [number[], number[], number[]] = [[], [], []];
    let at = 0;
    const parts = partsOf(turns.value);
    for (const [index, encoding] of (await this.#encode(parts.map(({ text }) => text))).entries()) {
      const part = parts[index];
      if (part === undefined) throw new Error("more encodings than texts");
      const wanted = part.turns.flatMap(({ trained }) => (trained === null ? [] : [{ start: trained.start - at, end: trained.end - at }]));
      const starts = startsOf(encoding, part.text);
      for (const [token, id] of encoding.getIds().entries()) {
        const start = starts[token] ?? 0;
        ids.push(id);
        labels.push(wanted.some((span) => start >= span.start && start < span.end) ? id : noLoss);
      }
      addEnds(ends, { part, starts, before: ids.length - starts.length });
      at += part.text.length;
    }
    return ok({ ids, labels, ends });
  }

  async count(conversation: Conversation): Promise<Result<readonly number[], RenderProblem>> {
    for await (const counted of this.countMany([conversation])) return counted;
    throw new Error("a conversation was not counted");
  }

  async *countMany(
    conversations: Iterable<Conversation> | AsyncIterable<Conversation>,
  ): AsyncGenerator<Result<readonly number[], RenderProblem>, void, undefined> {
    let batch: Counting[] = [];
    let turns = 0;
    let earlier: Promise<readonly Result<readonly number[], RenderProblem>[]> | null = null;
    for await (const conversation of conversations) {
      const counting = this.#begin(conversation);
      batch.push(counting);
      turns += counting.kind === "turns" ? counting.turns.length : 0;
      if (turns < batchTurns && batch.length < batchTurns) continue;
      // While the native threads work on one batch, the next is rendered.
      const next = this.#finish(batch);
      [batch, turns] = [[], 0];
      if (earlier !== null) yield* await earlier;
      earlier = next;
    }
    if (earlier !== null) yield* await earlier;
    yield* await this.#finish(batch);
  }

  async countTexts(texts: readonly string[]): Promise<readonly number[]> {
    return await this.#lengths(texts.map((text) => text.toWellFormed()));
  }

  #begin(conversation: Conversation): Counting {
    const key = keyOfConversation(conversation);
    const ends = this.#cache.ends(key);
    if (ends !== null) return { kind: "known", ends };
    const turns = this.#turns(conversation);
    if (!turns.ok) return { kind: "problem", problem: turns.error };
    return { kind: "turns", key, turns: turns.value };
  }

  async #finish(batch: readonly Counting[]): Promise<readonly Result<readonly number[], RenderProblem>[]> {
    const apart = batch.flatMap((counting) => (counting.kind === "turns" && areApart(counting.turns) ? counting.turns : []));
    const texts = [...new Set(apart.map(({ text }) => text))].filter((text) => this.#cache.turn(text) === undefined);
    for (const [index, tokens] of (await this.#lengths(texts)).entries()) this.#cache.setTurn(texts[index] ?? "", tokens);
    const results: Result<readonly number[], RenderProblem>[] = [];
    for (const counting of batch) {
      if (counting.kind === "problem") results.push(err(counting.problem));
      else if (counting.kind === "known") results.push(ok(counting.ends));
      else {
        const ends = areApart(counting.turns) ? await this.#endsApart(counting.turns) : await this.#endsTogether(counting.turns);
        this.#cache.setEnds(counting.key, ends);
        results.push(ok(ends));
      }
    }
    return results;
  }

  async #endsApart(turns: readonly Turn[]): Promise<readonly number[]> {
    const ends: number[] = [];
    let tokens = 0;
    for (const { text, messages } of turns) {
      // Forgotten only where more turns were counted at once than are remembered.
      tokens += this.#cache.turn(text) ?? (await this.countTexts([text]))[0] ?? 0;
      while (ends.length < messages) ends.push(tokens);
    }
    return ends;
  }

  async #endsTogether(turns: readonly Turn[]): Promise<readonly number[]> {
    const ends: number[] = [];
    for (const part of partsOf(turns)) {
      const [encoding] = await this.#encode([part.text]);
      if (encoding !== undefined) addEnds(ends, { part, starts: startsOf(encoding, part.text), before: 0 });
    }
    return ends;
  }

  #turns(conversation: Conversation): Result<readonly Turn[], RenderProblem> {
    const special = this.#specials.find((token) => conversation.messages.some((message) => holds(message, token)));
    if (special !== undefined)
      return err({
        reason: "special-token-in-text",
        message: `A message holds ${JSON.stringify(special)}, which the tokenizer takes for the end or the beginning of one.`,
      });
    const text = this.#template.render(conversation);
    return text.ok ? turnsOf(text.value, conversation, this.#template) : text;
  }

  async #lengths(texts: readonly string[]): Promise<readonly number[]> {
    const words = this.#words;
    if (words === null) return await this.#lengthsWhole(texts);
    const plain = texts.filter((text) => words.takes(text));
    const rest = texts.filter((text) => !words.takes(text));
    const [counted, whole] = await Promise.all([words.count(plain), this.#lengthsWhole(rest)]);
    this.#texts.add(plain.reduce((sum, text) => sum + text.length, 0));
    const lengths = new Map([
      ...plain.map((text, index) => [text, counted[index]] as const),
      ...rest.map((text, index) => [text, whole[index]] as const),
    ]);
    return texts.map((text) => lengths.get(text) ?? 0);
  }

  async #lengthsWhole(texts: readonly string[]): Promise<readonly number[]> {
    const lengths = (await this.#encode(texts)).map((encoding) => encoding.getLength());
    this.#encodings.add(lengths.reduce((sum, length) => sum + length, 0));
    return lengths;
  }

  async #encode(texts: readonly string[]): Promise<JsEncoding[]> {
    return texts.length === 0 ? [] : await this.#native.encodeBatch([...texts], { addSpecialTokens: false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cache[Symbol.dispose]();
  }
}

type Counting =
  | { readonly kind: "known"; readonly ends: readonly number[] }
  | { readonly kind: "problem"; readonly problem: RenderProblem }
  | { readonly kind: "turns"; readonly key: Uint8Array; readonly turns: readonly Turn[] };

/** A text that is tokenized by itself, and the turns it holds. */
interface Part {
  readonly text: string;
  readonly turns: readonly Turn[];
}

function areApart(turns: readonly Turn[]): boolean {
  return turns.every(({ text }) => partsAtSpecialTokens(text));
}

function partsOf(turns: readonly Turn[]): readonly Part[] {
  if (areApart(turns)) return turns.map((turn) => ({ text: turn.text, turns: [turn] }));
  return [{ text: turns.map(({ text }) => text).join(""), turns }];
}

interface PartEnds {
  readonly part: Part;
  readonly starts: readonly number[];
  readonly before: number;
}

/** Tokens up to each message of a part: those that begin before its turn ends. */
function addEnds(ends: number[], { part, starts, before }: PartEnds): void {
  let at = 0;
  for (const { text, messages } of part.turns) {
    at += text.length;
    const inside = part.turns.length === 1 ? starts.length : starts.filter((start) => start < at).length;
    while (ends.length < messages) ends.push(before + inside);
  }
}

/** Where each token begins, in UTF-16 units of the text; the tokenizer counts code points. */
function startsOf(encoding: JsEncoding, text: string): number[] {
  const offsets = encoding.getOffsets();
  // Only characters beyond the first plane take two units.
  if (!/[\ud800-\udfff]/.test(text)) return offsets.map(([start = 0]) => start);
  const units: number[] = [];
  let at = 0;
  for (const character of text) {
    units.push(at);
    at += character.length;
  }
  return offsets.map(([start = 0]) => units[start] ?? text.length);
}

function holds(message: Conversation["messages"][number], token: string): boolean {
  if (message.content.includes(token) || message.reasoning_content?.includes(token) === true) return true;
  return message.tool_calls?.some((call) => JSON.stringify(call.function).includes(token)) ?? false;
}

interface AddedToken {
  readonly content: string;
  readonly special: boolean;
}

/** Read from their own part of the file where that can be cut out: the whole takes a hundred megabytes as objects. */
function addedTokens(tokenizerJson: string): readonly AddedToken[] {
  const part = /"added_tokens"\s*:\s*(\[[^]*?\])\s*,\s*"/.exec(tokenizerJson)?.[1];
  try {
    if (part !== undefined) return JSON.parse(part) as AddedToken[];
  } catch {
    // A token that looks like the end of the list.
  }
  return (JSON.parse(tokenizerJson) as { readonly added_tokens?: readonly AddedToken[] }).added_tokens ?? [];
}
