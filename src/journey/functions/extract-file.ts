import type { Node, Parser, Query } from "web-tree-sitter";
import { parserFor, queryFor } from "../../base/grammar.ts";
import { sha256Hex } from "../../base/hash.ts";
import type { FunctionSite } from "../../records/function-site.ts";
import { capturedBy, isSite, type Captured } from "./captured.ts";
import { textExclusion, type TextReason } from "./exclusion-rules.ts";
import { languageOf } from "./language-table.ts";
import type { LanguageRow } from "./languages/language-row.ts";
import { namesOf } from "./site-names.ts";
import { unparsedPart } from "./unparsed-part.ts";

export interface SourceFile {
  /** Relative, with "/". */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Why a file that was read gave nothing; "failed" is the parser giving up, "mostly-errors" that it could make nothing of most of it. */
export type ContentReason = TextReason | "too-large" | "binary" | "not-utf8" | "failed" | "mostly-errors";

/** Why a function of a file that was read is not among its sites. */
export type FunctionReason = "stub" | "computed-name" | "declaration" | "test";

/** What one file gave. `skipped` is why it gave nothing; `syntaxErrors` says that its sites are only what still parsed. */
export interface FileFunctions {
  readonly path: string;
  readonly sites: readonly FunctionSite[];
  readonly skipped: ContentReason | null;
  readonly syntaxErrors: boolean;
  readonly leftOut: Readonly<Partial<Record<FunctionReason, number>>>;
}

/** Files above this are data, whatever their name says. */
export const MAX_SOURCE_BYTES = 1024 * 1024;

/** What is found in a file of which less than this parsed is not to be trusted. */
const MOST = 0.5;

/** A body longer than this does something. */
const MAX_STUB_CHARACTERS = 2000;

/**
 * One source file in, its functions out in the order of the source. With `all` nothing is left out but what cannot be read or
 * named. The language of the path must be in the table. Throws wasm's RuntimeError when the parser breaks on a text: do not parse
 * in this thread after that.
 */
export async function extractFile(file: SourceFile, all: boolean): Promise<FileFunctions> {
  const named = languageOf(file.path);
  if (named === undefined) throw new Error(`no language for ${file.path}`);
  const text = decode(file.bytes);
  if (typeof text !== "string") return nothing(file.path, text.reason);
  const language = named.rowFor?.(text, file.path) ?? named;
  const excluded = all ? undefined : textExclusion(text);
  if (excluded !== undefined) return nothing(file.path, excluded);
  const [parser, query] = await Promise.all([parserFor(language.grammar), queryFor(language.grammar, language.query)]);
  return found({ path: file.path, text, language }, { parser, query }, all);
}

function found(source: Source, { parser, query }: { parser: Parser; query: Query }, all: boolean): FileFunctions {
  const tree = parser.parse(source.language.withoutMacros?.(source.text) ?? source.text);
  if (tree === null) return nothing(source.path, "failed");
  try {
    if (unparsedPart(tree.rootNode) > MOST) return nothing(source.path, "mostly-errors");
    const captured = query.matches(tree.rootNode).map((match) => capturedBy(match, source.language.annotations));
    return { path: source.path, skipped: null, syntaxErrors: tree.rootNode.hasError, ...select(source, captured, all) };
  } finally {
    tree.delete();
  }
}

function nothing(path: string, skipped: ContentReason): FileFunctions {
  return { path, sites: [], skipped, syntaxErrors: false, leftOut: {} };
}

function decode(bytes: Uint8Array): string | { reason: ContentReason } {
  if (bytes.length > MAX_SOURCE_BYTES) return { reason: "too-large" };
  if (bytes.subarray(0, 8000).includes(0)) return { reason: "binary" };
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { reason: "not-utf8" };
  }
}

interface Source {
  readonly path: string;
  readonly text: string;
  readonly language: LanguageRow;
}

interface Scope {
  readonly end: number;
  readonly names: readonly string[];
  readonly isHolder: boolean;
  readonly isTest: boolean;
}

function select(source: Source, captured: Captured[], all: boolean): Pick<FileFunctions, "sites" | "leftOut"> {
  captured.sort((a, b) => a.start - b.start || b.end - a.end || a.pattern - b.pattern);
  const sites: FunctionSite[] = [];
  const leftOut: Partial<Record<FunctionReason, number>> = {};
  const scopes: Scope[] = [];
  let previous: Captured | undefined;
  for (const item of captured) {
    const repeated = previous?.start === item.start && previous.end === item.end;
    previous = item;
    if (repeated) continue;
    while ((scopes.at(-1)?.end ?? Infinity) <= item.start) scopes.pop();
    const names = namesOf(source, item);
    if (names === null) continue;
    const isTest = item.isTest || scopes.at(-1)?.isTest === true;
    const reason = reasonAgainst(source, { ...item, isTest }, all);
    if (reason !== undefined) leftOut[reason] = (leftOut[reason] ?? 0) + 1;
    else if (isSite(item)) sites.push(siteOf(source, { ...item, names }, scopes));
    scopes.push({ end: item.end, names, isHolder: item.role === "holder", isTest });
  }
  return { sites, leftOut };
}

function reasonAgainst(source: Source, item: Captured, all: boolean): FunctionReason | undefined {
  if (item.role === "computed") return "computed-name";
  if (item.role === "declaration") return "declaration";
  if (all || !isSite(item)) return undefined;
  if (item.isTest) return "test";
  if (item.isStub) return "stub";
  const { body } = item.parts;
  if (body === undefined) return undefined;
  const text = source.text.slice(body.startIndex, body.endIndex);
  return text.length <= MAX_STUB_CHARACTERS && source.language.emptyBody.test(text.trim()) ? "stub" : undefined;
}

function siteOf(source: Source, item: Captured & { names: readonly string[] }, scopes: readonly Scope[]): FunctionSite {
  const last = source.language.trimsTrailingComments ? lastStatement(source.text, item.node) : item.node;
  const whole = source.text.slice(item.first.startIndex, last.endIndex);
  const text = whole.trimEnd();
  return {
    path: source.path,
    qualifiedName: [...scopes.flatMap((scope) => scope.names), ...item.names].join("."),
    name: item.names.at(-1) ?? "",
    kind: item.role === "method" || scopes.at(-1)?.isHolder === true ? "method" : "function",
    language: source.language.name,
    startLine: item.first.startPosition.row + 1,
    endLine: last.endPosition.row + 1 - (whole.slice(text.length).split("\n").length - 1),
    hash: sha256Hex(text).slice(0, 32),
  };
}

/** The innermost last node of a function that is not a comment. */
function lastStatement(text: string, node: Node): Node {
  const lastLine = text.slice(text.lastIndexOf("\n", node.endIndex - 1) + 1, node.endIndex);
  if (!lastLine.includes("#")) return node;
  let last = node;
  for (let child = last.lastChild; child !== null; child = last.lastChild) {
    while (child?.type === "comment") child = child.previousSibling;
    if (child === null) break;
    last = child;
  }
  return last;
}
