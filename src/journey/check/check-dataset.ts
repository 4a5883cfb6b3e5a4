import { sha256Hex } from "../../base/hash.ts";
import { readRows, type FileRow } from "../../formats/read-rows.ts";
import { toolJson } from "../../formats/tool-json.ts";
import type { ChatMessage, Conversation } from "../../tokens/conversation.ts";
import type { Tokenizer } from "../../tokens/tokenizer.ts";
import type { DatasetFormat } from "../dataset/dataset-format.ts";
import { Sample } from "../../records/sample.ts";
import { checkMessages } from "./check-messages.ts";
import { checkRendered } from "./check-rendered.ts";
import { checkShareGpt } from "./check-sharegpt.ts";
import { checkStrings } from "./check-strings.ts";
import { manifestEntry, sha256OfFile } from "./manifest-beside.ts";
import { ProblemLog, type DatasetProblem, type Tell } from "./problem-log.ts";
import { formatOfRow, seenRow, type SeenMessage, type SeenRow } from "./seen-row.ts";

/** `tokenizer`: the student's; null: nothing is counted. `context`: tokens that a row must stay below; null: none is asked for. */
export interface CheckOrder {
  readonly path: string;
  readonly tokenizer: Tokenizer | null;
  readonly context: number | null;
  readonly signal: AbortSignal;
}

/** Tokens of the rows that could be counted; `over`: how many rows a context of that size does not hold whole. */
export interface CheckedTokens {
  readonly rows: number;
  readonly total: number;
  readonly longest: number;
  readonly over: Readonly<Record<string, number>>;
}

/** `problems`: the first of each kind; `counts`: of all. `format`: that of the first row; null: of none that is known. */
export interface CheckedDataset {
  readonly ok: boolean;
  readonly format: DatasetFormat | null;
  readonly rows: number;
  readonly tokens: CheckedTokens | null;
  readonly problems: readonly DatasetProblem[];
  readonly counts: Readonly<Record<string, number>>;
}

const contexts = [32_768, 65_536, 131_072];

/** Reads a data file of any format, row by row, and says what a trainer would trip over; a manifest beside it is looked at too. */
export async function checkDataset(order: CheckOrder): Promise<CheckedDataset> {
  const checker = new Checker(order);
  await checker.run();
  return checker.result;
}

class Checker {
  readonly #order: CheckOrder;
  readonly #log = new ProblemLog();
  readonly #lines = new Map<string, number>();
  readonly #over = new Map(contexts.map((context) => [context, 0]));
  /** Rows whose count is under way, in order. */
  readonly #counting: number[] = [];
  #format: DatasetFormat | null = null;
  #rows = 0;
  #counted = 0;
  #total = 0;
  #longest = 0;

  constructor(order: CheckOrder) {
    this.#order = order;
  }

  async run(): Promise<void> {
    const { path, tokenizer } = this.#order;
    const conversations = this.#conversations();
    if (tokenizer === null) for await (const _ of conversations);
    else for await (const ends of tokenizer.countMany(conversations)) this.#count(this.#counting.shift() ?? 0, ends);
    if (this.#rows === 0 && this.#log.problems.length === 0) this.#log.add("no-rows", 0, "the file holds no row");
    await this.#checkManifest(path);
  }

  get result(): CheckedDataset {
    const { problems, counts } = this.#log;
    const over = Object.fromEntries([...this.#over].map(([context, rows]) => [String(context), rows]));
    const tokens = this.#counted === 0 ? null : { rows: this.#counted, total: this.#total, longest: this.#longest, over };
    return { ok: problems.length === 0, format: this.#format, rows: this.#rows, tokens, problems, counts };
  }

  /** Checks each row, and gives those that can be counted. */
  async *#conversations(): AsyncGenerator<Conversation> {
    for await (const row of readRows(this.#order.path)) {
      this.#order.signal.throwIfAborted();
      const conversation = this.#check(row);
      if (conversation === null) continue;
      this.#counting.push(row.line);
      yield conversation;
    }
  }

  #check({ line, row }: FileRow): Conversation | null {
    const tell: Tell = (kind, detail) => this.#log.add(kind, line, detail);
    if (!row.ok) {
      tell(row.error.reason, row.error.detail);
      return null;
    }
    this.#rows++;
    const { value } = row;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      tell("odd-row", "the row is no object");
      return null;
    }
    return this.#checkRow(withMessages(value, tell), line, tell);
  }

  #checkRow(value: object, line: number, tell: Tell): Conversation | null {
    const format = this.#formatOf(value, tell);
    const isSound = checkStrings(value, tell);
    this.#checkDuplicate(value, line, tell);
    if (format === null) return null;
    if (format === "rendered") {
      const tokens = checkRendered(value, this.#order.tokenizer?.vocabularySize ?? null, tell);
      if (tokens !== null) this.#addTokens(line, tokens);
      return null;
    }
    if (format === "sharegpt") {
      checkShareGpt(value, tell);
      return null;
    }
    if (format === "canonical") checkCanonical(value, tell);
    const seen = seenRow(value);
    if (!seen.ok) {
      tell("odd-row", seen.error);
      return null;
    }
    checkMessages(seen.value, format === "hermes" || format === "xml" ? format : "structured", tell);
    return isSound && seen.value.messages.length > 0 ? conversationOf(seen.value, format) : null;
  }

  /** That of the file, which its first row decides; rows of text without calls are of either. */
  #formatOf(value: object, tell: Tell): DatasetFormat | null {
    const format = formatOfRow(value);
    if (format === null) {
      tell("unknown-format", `a row of no known format: ${Object.keys(value).slice(0, 8).join(", ").slice(0, 120)}`);
      return null;
    }
    this.#format ??= format;
    const isText = (one: DatasetFormat): boolean => one === "hermes" || one === "xml";
    if (format !== this.#format && isText(format) && isText(this.#format)) return this.#format;
    if (format !== this.#format) tell("other-format", `the file is ${this.#format}, this row is ${format}`);
    return format;
  }

  #checkDuplicate(value: object, line: number, tell: Tell): void {
    const { messages, conversations, input_ids } = value as Readonly<Record<string, unknown>>;
    const content = messages ?? conversations ?? input_ids;
    if (content === undefined) return;
    // 96 bits are enough to tell millions of rows apart, and cheap to hold.
    const hash = sha256Hex(JSON.stringify(content)).slice(0, 24);
    const first = this.#lines.get(hash);
    if (first === undefined) this.#lines.set(hash, line);
    else tell("duplicate-row", `says what line ${first} says`);
  }

  #count(line: number, ends: Awaited<ReturnType<Tokenizer["count"]>>): void {
    if (!ends.ok) this.#log.add(ends.error.reason, line, ends.error.message);
    else this.#addTokens(line, ends.value.at(-1) ?? 0);
  }

  #addTokens(line: number, tokens: number): void {
    this.#counted++;
    this.#total += tokens;
    this.#longest = Math.max(this.#longest, tokens);
    for (const [context, rows] of this.#over) if (tokens >= context) this.#over.set(context, rows + 1);
    const { context } = this.#order;
    if (context !== null && tokens >= context) this.#log.add("over-context", line, `${tokens} tokens do not stay below ${context}`);
  }

  async #checkManifest(path: string): Promise<void> {
    const entry = await manifestEntry(path);
    if (entry === null || this.#log.problems.some(({ kind, line }) => kind === "unreadable-file" && line === 0)) return;
    if (entry === "unreadable") return this.#log.add("manifest-unreadable", 0, "the manifest beside the file cannot be read");
    if ((await sha256OfFile(path)) !== entry.sha256)
      this.#log.add("manifest-hash", 0, "the file is not the one that the manifest beside it names");
    if (entry.rows !== this.#rows) this.#log.add("manifest-rows", 0, `the file has ${this.#rows} rows, the manifest says ${entry.rows}`);
  }
}

/** Released rows hold their messages as JSON text: what is in it is looked at all the same. */
function withMessages(row: object, tell: Tell): object {
  if (!("messages" in row) || typeof row.messages !== "string") return row;
  tell("messages-as-text", "messages is JSON text: a trainer that does not parse it sees one string");
  try {
    return { ...row, messages: JSON.parse(row.messages) as unknown };
  } catch {
    return row;
  }
}

function checkCanonical(value: object, tell: Tell): void {
  // Columns of a table that are empty in a row are not there.
  const parsed = Sample.safeParse(value);
  const issue = parsed.success
    ? undefined
    : parsed.error.issues.find(({ message, code }) => !(code === "invalid_type" && /received undefined/.test(message)));
  if (issue !== undefined) tell("odd-row", `${issue.path.join(".")}: ${issue.message}`);
}

/** As a template takes it: tools of text formats stand in the system message. */
function conversationOf({ messages, tools }: SeenRow, format: DatasetFormat): Conversation | null {
  if (messages.some(({ role }) => !["system", "user", "assistant", "tool"].includes(role))) return null;
  const isText = format === "hermes" || format === "xml";
  return { messages: messages.map(chatMessage), tools: isText || tools === null || tools.length === 0 ? null : tools.map(toolJson) };
}

function chatMessage({ role, text, reasoning, calls }: SeenMessage): ChatMessage {
  return {
    role: role as ChatMessage["role"],
    content: text,
    ...(reasoning !== null && { reasoning_content: reasoning }),
    ...(calls.length > 0 && {
      tool_calls: calls.map(({ name, arguments: given }) => ({
        type: "function" as const,
        function: { name, arguments: argumentsOf(given) },
      })),
    }),
  };
}

function argumentsOf(given: unknown): string | object {
  return typeof given === "string" || (typeof given === "object" && given !== null) ? given : {};
}
