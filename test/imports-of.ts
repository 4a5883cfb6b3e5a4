import { posix } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

/** Of one file, relative to `src/`, to another (`src/…`) or to a package. `to` null: what is imported is only known when it runs. */
export interface Import {
  readonly from: string;
  readonly to: string | null;
  readonly dynamic: boolean;
  /** It brings no cycle and loads nothing at start. */
  readonly typeOnly: boolean;
}

/** Everything a file reaches by name: imports of every kind, `createRequire`, and files beside it by `import.meta`. */
export function importsOf(path: string, text: string): Import[] {
  const parsed = parseSync(path, text);
  const { module } = parsed;
  const resolve = (specifier: string): string =>
    specifier.startsWith(".") ? posix.join("src", posix.dirname(path), specifier) : specifier;
  const edges: Import[] = [];
  for (const statement of module.staticImports) {
    const typeOnly = statement.entries.length > 0 && statement.entries.every((entry) => entry.isType);
    edges.push({ from: path, to: resolve(statement.moduleRequest.value), dynamic: false, typeOnly });
  }
  for (const statement of module.staticExports) {
    for (const entry of statement.entries) {
      if (entry.moduleRequest) edges.push({ from: path, to: resolve(entry.moduleRequest.value), dynamic: false, typeOnly: entry.isType });
    }
  }
  const named = module.staticImports.flatMap(({ entries }) => entries.filter(({ importName }) => importName.name === "createRequire"));
  const createsRequire = new Set(["createRequire", ...named.map(({ localName }) => localName.value)]);
  for (const { literal, kind } of reached({ program: parsed.program, text, createsRequire })) {
    const to = literal === null ? null : resolve(literal);
    edges.push({ from: path, to, dynamic: kind === "import", typeOnly: kind === "file" });
  }
  // `import("…").Type` in type positions does not show in the module record.
  for (const match of text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g)) {
    const to = resolve(match[1] ?? "");
    if (!edges.some((edge) => edge.to === to)) edges.push({ from: path, to, dynamic: true, typeOnly: true });
  }
  return edges;
}

/** `file`: named, by whatever means it is then read or run. `literal` null: no literal. */
interface Reached {
  readonly literal: string | null;
  readonly kind: "import" | "require" | "file";
}

interface Source {
  readonly program: ReturnType<typeof parseSync>["program"];
  readonly text: string;
  /** What `createRequire` is called here. */
  readonly createsRequire: ReadonlySet<string>;
}

function reached({ program, text, createsRequire }: Source): Reached[] {
  const found: Reached[] = [];
  const requires = new Set<string>();
  const source = (node: { readonly start: number; readonly end: number }): string => text.slice(node.start, node.end);
  const isRequire = (code: string): boolean => {
    const maker = /^(?:[\w$]+\.)?([\w$]+)\([^()]*\)$/.exec(code)?.[1];
    return requires.has(code) || (maker !== undefined && createsRequire.has(maker));
  };
  new Visitor({
    VariableDeclarator(node) {
      if (node.init !== null && isRequire(source(node.init))) requires.add(source(node.id));
    },
    ImportExpression(node) {
      found.push({ literal: literalOf(source(node.source)), kind: "import" });
    },
    CallExpression(node) {
      const [first] = node.arguments;
      if (first === undefined) return;
      const [callee, literal] = [source(node.callee), literalOf(source(first))];
      const resolves = callee === "import.meta.resolve" || (callee.endsWith(".resolve") && isRequire(callee.slice(0, -".resolve".length)));
      if (isRequire(callee)) found.push({ literal, kind: "require" });
      else if (resolves && literal !== null) found.push({ literal, kind: "file" });
    },
    NewExpression(node) {
      const [first, second] = node.arguments;
      if (first === undefined || second === undefined || source(node.callee) !== "URL" || source(second) !== "import.meta.url") return;
      const literal = beginningOf(source(first));
      if (literal !== null) found.push({ literal: literal.startsWith(".") ? literal : `./${literal}`, kind: "file" });
    },
  }).visit(program);
  return found;
}

function literalOf(code: string): string | null {
  return /^["'`]([^"'`$]+)["'`]$/.exec(code)?.[1] ?? null;
}

/** A literal, or what a template begins with. */
function beginningOf(code: string): string | null {
  return /^["'`]([^"'`$]+)/.exec(code)?.[1] ?? null;
}
