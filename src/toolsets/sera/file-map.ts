import type { Node } from "web-tree-sitter";
import { parserFor } from "../../base/grammar.ts";

/** Grammars by file extension. */
const grammars: ReadonlyMap<string, string> = new Map(
  Object.entries({
    python: "py pyi",
    javascript: "js jsx mjs cjs",
    typescript: "ts mts cts",
    tsx: "tsx",
    go: "go",
    java: "java",
    rust: "rs",
    c: "c",
    cpp: "h cc cpp cxx hh hpp hxx",
    c_sharp: "cs",
    ruby: "rb",
    php: "php",
    swift: "swift",
    dart: "dart",
    solidity: "sol",
  }).flatMap(([grammar, extensions]) => extensions.split(" ").map((extension) => [extension, grammar])),
);

/** Bodies of this many lines and more are left out. */
const elidedLines = 6;

/** First and last line of a function's body, 0-based. */
type Span = readonly [first: number, last: number];

/**
 * A long file with the bodies of its long functions left out: each line as 6-wide number, space, text, and one line
 * where a body was (reference.md §c.5). Null: the language is not known or the text does not parse.
 */
export async function fileMap(path: string, text: string): Promise<string | null> {
  const grammar = grammars.get(/\.([^./]+)$/.exec(path)?.[1] ?? "");
  if (grammar === undefined) return null;
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const spans = await longBodies(grammar, text, lines);
  if (spans === null) return null;
  const hidden = new Set(spans.flatMap(([first, last]) => range(first, last)));
  const shown = lines.flatMap((line, row): [number, string][] => (hidden.has(row) ? [] : [[row, line]]));
  const notes = spans.map(([first, last]): [number, string] => [first, `... eliding lines ${first + 1}-${last + 1} ...`]);
  const rows = [...shown, ...notes].sort(([a], [b]) => a - b);
  return rows.map(([row, line]) => `${String(row + 1).padStart(6)} ${line}`).join("\n");
}

async function longBodies(grammar: string, text: string, lines: readonly string[]): Promise<Span[] | null> {
  const parser = await parserFor(grammar);
  const tree = parser.parse(text);
  if (tree === null) return null;
  try {
    if (tree.rootNode.type === "ERROR") return null;
    const spans = functionBodies(tree.rootNode).map((body) => innerSpan(body, lines));
    return spans.filter(([first, last]) => last - first + 1 >= elidedLines);
  } finally {
    tree.delete();
  }
}

/** Bodies of all functions, nested ones too, in the order in which they begin. */
function functionBodies(root: Node): Node[] {
  const bodies: Node[] = [];
  const cursor = root.walk();
  try {
    for (let more = true; more;) {
      const body = functionKind.test(cursor.nodeType) ? cursor.currentNode.childForFieldName("body") : null;
      if (body !== null) bodies.push(body);
      more = cursor.gotoFirstChild() || cursor.gotoNextSibling();
      while (!more && cursor.gotoParent()) more = cursor.gotoNextSibling();
    }
  } finally {
    cursor.delete();
  }
  return bodies;
}

const functionKind = /function|method|constructor|lambda_expression|closure|func_literal/;

/** The rows of a body without the lines on which its braces stand; none where an expression begins behind other code. */
function innerSpan(body: Node, lines: readonly string[]): Span {
  const { row: start, column } = body.startPosition;
  const braced = body.text.startsWith("{");
  if (braced) return [start + 1, body.endPosition.row - 1];
  const sharesLine = (lines[start] ?? "").slice(0, column).trim() !== "";
  return [start, sharesLine ? start : body.endPosition.row];
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
