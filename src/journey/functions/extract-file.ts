import type { Node, Parser, Query, QueryMatch } from "web-tree-sitter";
import { parserFor, queryFor } from "../../base/grammar.ts";
import { sha256Hex } from "../../base/hash.ts";
import type { FunctionSite } from "../../records/function-site.ts";
import { textExclusion, type TextReason } from "./exclusion-rules.ts";
import { languageOf } from "./language-table.ts";
import type { LanguageRow } from "./languages/language-row.ts";

export interface SourceFile {
  /** Relative, with "/". */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Why a file that was read gave nothing; "failed" is the parser giving up. */
export type ContentReason = TextReason | "too-large" | "binary" | "not-utf8" | "failed";

/** Why a function of a file that was read is not among its sites. */
export type FunctionReason = "stub" | "computed-name" | "declaration";

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

/** A body longer than this does something. */
const MAX_STUB_CHARACTERS = 2000;

/**
 * One source file in, its functions out in the order of the source. With `all` nothing is left out but what cannot be read or
 * named. The language of the path must be in the table. Throws wasm's RuntimeError when the parser breaks on a text: do not parse
 * in this thread after that.
 */
export async function extractFile(file: SourceFile, all: boolean): Promise<FileFunctions> {
  const language = languageOf(file.path);
  if (language === undefined) throw new Error(`no language for ${file.path}`);
  const text = decode(file.bytes);
  if (typeof text !== "string") return nothing(file.path, text.reason);
  const excluded = all ? undefined : textExclusion(text);
  if (excluded !== undefined) return nothing(file.path, excluded);
  const [parser, query] = await Promise.all([parserFor(language.grammar), queryFor(language.grammar, language.query)]);
  return found({ path: file.path, text, language }, { parser, query }, all);
}

function found(source: Source, { parser, query }: { parser: Parser; query: Query }, all: boolean): FileFunctions {
  const tree = parser.parse(source.text);
  if (tree === null) return nothing(source.path, "failed");
  try {
    const captured = query.matches(tree.rootNode).map((match) => capturedBy(match));
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

type Role = "function" | "method" | "holder" | "namespace" | "computed" | "declaration";

interface Captured {
  readonly role: Role;
  readonly node: Node;
  readonly start: number;
  readonly end: number;
  readonly pattern: number;
  readonly fixedName: string | null | undefined;
  readonly parts: Readonly<Record<string, Node>>;
}

const ROLES: readonly Role[] = ["function", "method", "holder", "namespace", "computed", "declaration"];

function capturedBy(match: QueryMatch): Captured {
  const parts = Object.fromEntries(match.captures.map((capture) => [capture.name, capture.node]));
  const role = ROLES.find((candidate) => parts[candidate] !== undefined);
  const node = role === undefined ? undefined : parts[role];
  if (role === undefined || node === undefined) throw new Error(`pattern ${match.patternIndex} captures no role`);
  const { startIndex: start, endIndex: end } = node;
  return { role, node, start, end, pattern: match.patternIndex, fixedName: match.setProperties?.["name"], parts };
}

interface Scope {
  readonly end: number;
  readonly names: readonly string[];
  readonly isHolder: boolean;
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
    const reason = reasonAgainst(source, item, all);
    if (reason !== undefined) leftOut[reason] = (leftOut[reason] ?? 0) + 1;
    else if (item.role === "function" || item.role === "method") sites.push(siteOf(source, { ...item, names }, scopes));
    scopes.push({ end: item.end, names, isHolder: item.role === "holder" });
  }
  return { sites, leftOut };
}

function reasonAgainst(source: Source, item: Captured, all: boolean): FunctionReason | undefined {
  if (item.role === "computed") return "computed-name";
  if (item.role === "declaration") return "declaration";
  const { body } = item.parts;
  if (all || body === undefined) return undefined;
  const text = source.text.slice(body.startIndex, body.endIndex);
  return text.length <= MAX_STUB_CHARACTERS && source.language.emptyBody.test(text.trim()) ? "stub" : undefined;
}

/** The type a method belongs to first, where that does not enclose it. */
function namesOf({ text, language }: Source, { fixedName, parts }: Captured): readonly string[] {
  if (typeof fixedName === "string") return [fixedName];
  const { name, owner } = parts;
  const names = name === undefined ? [] : language.namesOf(text.slice(name.startIndex, name.endIndex));
  return owner === undefined ? names : [language.ownerOf(text.slice(owner.startIndex, owner.endIndex)), ...names];
}

function siteOf(source: Source, item: Captured & { names: readonly string[] }, scopes: readonly Scope[]): FunctionSite {
  const last = source.language.trimsTrailingComments ? lastStatement(source.text, item.node) : item.node;
  return {
    path: source.path,
    qualifiedName: [...scopes.flatMap((scope) => scope.names), ...item.names].join("."),
    name: item.names.at(-1) ?? "",
    kind: item.role === "method" || scopes.at(-1)?.isHolder === true ? "method" : "function",
    language: source.language.name,
    startLine: item.node.startPosition.row + 1,
    endLine: last.endPosition.row + 1,
    hash: sha256Hex(source.text.slice(item.start, last.endIndex)).slice(0, 32),
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
