import type { Node, QueryMatch } from "web-tree-sitter";

export type Role = "function" | "method" | "holder" | "namespace" | "computed" | "declaration";

/** What one pattern of a language's query found. */
export interface Captured {
  readonly role: Role;
  readonly node: Node;
  /** The node where the function begins, annotations not counted. */
  readonly first: Node;
  readonly start: number;
  readonly end: number;
  readonly pattern: number;
  readonly fixedName: string | undefined;
  readonly prefix: string;
  readonly isTest: boolean;
  readonly isStub: boolean;
  readonly parts: Readonly<Record<string, Node>>;
}

const ROLES: readonly Role[] = ["function", "method", "holder", "namespace", "computed", "declaration"];
const NO_ANNOTATIONS: ReadonlySet<string> = new Set();

export function capturedBy(match: QueryMatch, annotations = NO_ANNOTATIONS): Captured {
  const parts = Object.fromEntries(match.captures.map((capture) => [capture.name, capture.node]));
  const role = ROLES.find((candidate) => parts[candidate] !== undefined);
  const node = role === undefined ? undefined : parts[role];
  if (role === undefined || node === undefined) throw new Error(`pattern ${match.patternIndex} captures no role`);
  const { name, prefix, test, stub } = match.setProperties ?? {};
  const from = parts["start"] ?? node;
  return {
    role,
    node,
    first: annotations.size === 0 ? from : (firstOwn(from, annotations) ?? from),
    start: from.startIndex,
    end: node.endIndex,
    pattern: match.patternIndex,
    fixedName: name ?? undefined,
    prefix: prefix ?? "",
    isTest: test !== undefined,
    isStub: stub !== undefined,
    parts,
  };
}

export function isSite(item: Captured): boolean {
  return item.role === "function" || item.role === "method";
}

/** The first node in a node that neither is an annotation nor holds only such; null when there is none. */
function firstOwn(node: Node, annotations: ReadonlySet<string>): Node | null {
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (annotations.has(child.type) || child.isExtra) continue;
    if (child.type !== "modifiers") return child;
    const own = firstOwn(child, annotations);
    if (own !== null) return own;
  }
  return null;
}
