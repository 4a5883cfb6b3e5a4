import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import type * as TreeSitter from "web-tree-sitter";

/** What the first package lacks; its own grammars are newer than the second's. */
const FROM_SECOND: ReadonlySet<string> = new Set(["bash", "kotlin", "lua", "scala"]);

/**
 * V8's optimising compiler takes 0.4 to 3 GB, for a second or two, over the lexer of each of these; the code of its first compiler
 * takes half as long again to run and no such memory.
 */
const TOO_LARGE_TO_OPTIMISE: ReadonlySet<string> = new Set(["bash", "c", "c_sharp", "cpp", "kotlin", "swift"]);

/** `i32.const 0`, `i32.const 4`, `call`. */
const CALLOC_NOTHING = Uint8Array.of(0x41, 0x00, 0x41, 0x04, 0x10);

/**
 * Tree-sitter grammars by the names of `@repomix/tree-sitter-wasms` and, of those above, `@cursorless/tree-sitter-wasms` ("python",
 * "tsx", "go", …). Nothing is loaded before
 * the first call, because the wasm costs time and memory that most commands never need.
 */
const parsers = new Map<string, Promise<TreeSitter.Parser>>();
const queries = new Map<string, Promise<TreeSitter.Query>>();
const grammars = new Map<string, Promise<TreeSitter.Language>>();
let started: Promise<typeof TreeSitter> | undefined;

/**
 * The parser of a grammar, one per process (or worker) and shared: `parse` is synchronous, so callers cannot meet in it.
 * A tree lives in wasm memory that no collector frees: whoever parses calls `tree.delete()`, and never deletes the parser.
 * Throws when the package has no such grammar.
 */
export function parserFor(grammar: string): Promise<TreeSitter.Parser> {
  return once(parsers, grammar, makeParser);
}

/** A query compiled for a grammar, once per process (or worker). Throws, with the place, when the query does not fit the grammar. */
export function queryFor(grammar: string, source: string): Promise<TreeSitter.Query> {
  return once(queries, `${grammar}\n${source}`, () => makeQuery(grammar, source));
}

async function makeQuery(grammar: string, source: string): Promise<TreeSitter.Query> {
  const { Query } = await start();
  return new Query(await once(grammars, grammar, loadGrammar), source);
}

async function makeParser(grammar: string): Promise<TreeSitter.Parser> {
  const { Parser } = await start();
  return new Parser().setLanguage(await once(grammars, grammar, loadGrammar));
}

async function loadGrammar(grammar: string): Promise<TreeSitter.Language> {
  const { Language } = await start();
  if (TOO_LARGE_TO_OPTIMISE.has(grammar)) useFirstCompilerOnly();
  const publisher = FROM_SECOND.has(grammar) ? "@cursorless" : "@repomix";
  const file = createRequire(import.meta.url).resolve(`${publisher}/tree-sitter-wasms/out/tree-sitter-${grammar}.wasm`);
  return Language.load(repaired(grammar, await readFile(file)));
}

/**
 * Swift's scanner asks for its state as `calloc(0, 4)`, so that it begins with what the memory held: from the second text on
 * every `#` is an error. One byte makes it `calloc(1, 4)`; a later version, without these bytes, stays as it is.
 */
function repaired(grammar: string, wasm: Buffer): Uint8Array {
  const bytes = Uint8Array.from(wasm);
  const at = grammar === "swift" ? wasm.indexOf(CALLOC_NOTHING) : -1;
  if (at !== -1) bytes[at + 1] = 1;
  return bytes;
}

/** For the wasm that this process compiles from now on. */
function useFirstCompilerOnly(): void {
  setFlagsFromString("--no-wasm-dynamic-tiering");
  setFlagsFromString("--no-wasm-tier-up");
}

function start(): Promise<typeof TreeSitter> {
  started ??= import("web-tree-sitter").then(async (module) => {
    await module.Parser.init();
    return module;
  });
  return started;
}

function once<Value>(known: Map<string, Promise<Value>>, key: string, make: (key: string) => Promise<Value>): Promise<Value> {
  const value = known.get(key) ?? make(key);
  known.set(key, value);
  return value;
}
