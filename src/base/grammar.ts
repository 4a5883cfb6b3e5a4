import { createRequire } from "node:module";
import type * as TreeSitter from "web-tree-sitter";

/**
 * Tree-sitter grammars by the names of `@repomix/tree-sitter-wasms` ("python", "tsx", "go", …). Nothing is loaded before
 * the first call, because the wasm costs time and memory that most commands never need.
 */
const parsers = new Map<string, Promise<TreeSitter.Parser>>();
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

/** The grammar alone, for queries. Throws when the package has no such grammar. */
export function grammarFor(grammar: string): Promise<TreeSitter.Language> {
  return once(grammars, grammar, loadGrammar);
}

async function makeParser(grammar: string): Promise<TreeSitter.Parser> {
  const { Parser } = await start();
  return new Parser().setLanguage(await grammarFor(grammar));
}

async function loadGrammar(grammar: string): Promise<TreeSitter.Language> {
  const { Language } = await start();
  const file = createRequire(import.meta.url).resolve(`@repomix/tree-sitter-wasms/out/tree-sitter-${grammar}.wasm`);
  return Language.load(file);
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
