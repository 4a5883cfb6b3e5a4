import type { Node } from "web-tree-sitter";
import { emptyBraces, withoutTypeArguments } from "./braces.ts";
import type { LanguageRow } from "./language-row.ts";

/** Functions whose head the grammar takes for a call: `main() {`, and macros that define one with a first argument of any kind. */
const CALL_THEN_BODY = `
  (translation_unit (expression_statement (call_expression) @name) @start . (compound_statement) @body @function
    (#not-match? @start ";$"))
`;

const shared = {
  folders: { vendored: /(^|\/)(?:deps|3rd[-_]?party|externals?)\// },
  emptyBody: emptyBraces(String.raw`(?!)`),
  trimsTrailingComments: false,
  namesOf: declaratorNames,
  ownerOf: (text: string) => text,
  declaredNames,
  withoutMacros,
};

/**
 * Macros of a convention everyone shares, gone: `class API Name` and `SOME_WORD` alone on a line without indentation. The parser
 * takes the first for a class named API and the second for a type, and loses what follows.
 */
function withoutMacros(text: string): string {
  return text
    .replaceAll(/(?<=\b(?:class|struct|union|namespace)[ \t]+)[A-Z][A-Z0-9_]+(?=(?:[ \t]+[A-Z][A-Z0-9_]+)*[ \t]+[A-Za-z_])/g, blank)
    .replaceAll(/^[A-Z][A-Z0-9]*_[A-Z0-9_]+(?=\s*$)/gm, blank);
}

function blank(text: string): string {
  return " ".repeat(text.length);
}

/** K&R definitions, and macros that define a function where they look like one: `DEFINE_FN(name) {` is `name`. */
export const c: LanguageRow = {
  ...shared,
  name: "c",
  grammar: "c",
  extensions: [".c", ".h"],
  query: `
    (function_definition body: (_) @body) @function
    ${CALL_THEN_BODY}
  `,
  testFiles: [/^tests?[-_].*\.[ch]$/, /[-_]tests?\.[ch]$/, /^tests?\.[ch]$/],
  generatedFiles: [/\.pb(-c)?\.[ch]$/, /\.(?:tab|yy|lex)\.[ch]$/, /[_.-](?:generated|gen)\.[ch]$/],
  rowFor: (text) => (CPP_ONLY.test(text) ? cpp : c),
};

/** What a header in C does not say at the beginning of a line; asked of `.h` and harmless for `.c`. */
const CPP_ONLY =
  /^[ \t]*(?:class\s+(?:\w+\s+)?\w+\s*(?:final\s*)?(?:[:{;]|$)|(?:inline\s+)?namespace\b(?!\s*=)|template\s*<|using\s+[\w:]+|(?:public|private|protected)\s*:|constexpr\b|virtual\b|#\s*include\s*<(?:string|vector|memory|map|utility|functional|algorithm|iostream|cstdint|cstddef|type_traits)>)/m;

export const cpp: LanguageRow = {
  ...shared,
  name: "cpp",
  grammar: "cpp",
  extensions: [".cc", ".cpp", ".cxx", ".c++", ".hpp", ".hh", ".hxx", ".h++", ".ipp", ".tpp", ".inl", ".ixx", ".cppm"],
  query: `
    (function_definition declarator: (qualified_identifier scope: (namespace_identifier) @word name: (_) @name) (#eq? @word "namespace")) @namespace
    (function_definition type: [(class_specifier !body) (struct_specifier !body) (union_specifier !body)]
      declarator: (identifier) @name) @holder
    (function_definition declarator: (_) @head body: (_) @body (#match? @head "^[^(<]*(<[^(]*>)?::")) @method
    (function_definition declarator: (_) @head (try_statement) @body (#match? @head "^[^(<]*(<[^(]*>)?::")) @method
    (function_definition body: (_) @body) @function
    (function_definition (try_statement) @body) @function
    (function_definition [(default_method_clause) (delete_method_clause) (pure_virtual_clause)]) @declaration
    (init_declarator declarator: (identifier) @name value: (lambda_expression body: (_) @body) @function)
    (assignment_expression left: [(identifier) @name (field_expression field: (_) @name)]
      right: (lambda_expression body: (_) @body) @function)
    (field_declaration declarator: (field_identifier) @name default_value: (lambda_expression body: (_) @body) @function)
    (class_specifier name: (_) @name body: (_)) @holder
    (struct_specifier name: (_) @name body: (_)) @holder
    (union_specifier name: (_) @name body: (_)) @holder
    (namespace_definition name: (_) @name) @namespace
    (namespace_definition !name) @namespace
    (lambda_expression) @namespace
    ${CALL_THEN_BODY}
  `,
  testFiles: [/^tests?[-_].*\.\w+$/, /[-_](?:unit)?tests?\.\w+$/, /^tests?\.\w+$/, /Tests?\.\w+$/],
  generatedFiles: [/\.pb\.(?:h|cc|cpp)$/, /^(?:moc|qrc|ui)_.*\.(?:h|cpp)$/, /[_.-](?:generated|gen)\.\w+$/],
};

const WRAPPED: ReadonlySet<string> = new Set(["parenthesized_declarator", "reference_declarator", "attributed_declarator"]);
const NAMED = /identifier$|_name$|^operator_cast$|^template_function$|^primitive_type$/;

/**
 * Down the declarators of a definition to its name; null where that meets no parameter list (a class behind an unknown macro), and
 * for a macro with a block inside a function (`CATCH(…) {`).
 */
function declaredNames(node: Node): readonly string[] | null {
  if (node.type === "compound_statement") return null;
  let list: Node | null = null;
  let inner = node.childForFieldName("declarator");
  while (inner !== null && !NAMED.test(inner.type)) {
    if (inner.type === "function_declarator") list = inner;
    inner = WRAPPED.has(inner.type) ? innermost(inner) : inner.childForFieldName("declarator");
  }
  if (inner === null) return null;
  if (list === null && node.parent?.type === "compound_statement") return null;
  const isCast = /operator_cast$/.test(inner.type) || /\boperator\b/.test(inner.text);
  if (list === null && !isCast && inner.parent?.type !== "parenthesized_declarator") return null;
  if (list === null || !MACRO.test(inner.text) || node.childForFieldName("type") !== null) return pathNames(inner.text);
  if (node.parent?.type === "compound_statement") return null;
  return node.parent?.type === "field_declaration_list" ? pathNames(inner.text) : declaratorNames(list.text);
}

function innermost(node: Node): Node | null {
  return node.namedChildren.findLast((child) => child !== null && child.type !== "comment" && child.type !== "attribute_declaration") ?? null;
}

const MACRO = /^[A-Z][A-Z0-9_]+$/;

/** The names in the text of a head: of `DEFINE_FN(name, …)` the first argument, of `TEST(Suite, Name)` both. */
function declaratorNames(text: string): readonly string[] {
  const [, name = "", list] = /^([\w~]+)\s*\(([\s\S]*)\)[^()]*$/.exec(text) ?? [];
  if (list === undefined || !MACRO.test(name)) return pathNames(/^[^(]*/.exec(text)?.[0] ?? text);
  const parts = list.split(",").map((part) => part.trim());
  const plain = parts.filter((part) => /^\w+$/.test(part));
  const [first] = plain;
  if (first === undefined || parts[0] !== first) return [name];
  return parts.length === 2 && plain.length === 2 ? plain : [first];
}

/** `ns::Tree<T>::~Tree` is `ns`, `Tree`, `~Tree`; an operator keeps its sign or type. */
function pathNames(text: string): readonly string[] {
  const [, path = "", operator] = /^((?:(?!\boperator\b)[\s\S])*)(\boperator\b[\s\S]*)?$/.exec(text) ?? [];
  const names = withoutTypeArguments(path)
    .split("::")
    .map((part) => part.trim().split(/\s+/).at(-1) ?? "")
    .filter((part) => part !== "");
  return operator === undefined ? names : [...names, operatorName(operator)];
}

/** `operator ==` is `operator==`, `operator bool() const` is `operator bool`. */
function operatorName(text: string): string {
  const sign = /^operator\s*(\(\s*\)|\[\s*\]|""\s*\w+|[^\s\w("]+)/.exec(text)?.[1];
  if (sign !== undefined && sign !== "::") return `operator${sign.replaceAll(/\s+/g, "")}`;
  return (/^[^(]*/.exec(text)?.[0] ?? text).replaceAll(/\s+/g, " ").trim();
}
