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
 * Macros of a convention everyone shares, gone: `class API Name`, and `SOME_WORD` or `WORD(…)` alone on a line without indentation.
 * The parser takes the first for a class named API and the others for a type or a head, and loses what follows.
 */
function withoutMacros(text: string): string {
  return text
    .replaceAll(/(?<=\b(?:class|struct|union|namespace)[ \t]+)[A-Z][A-Z0-9_]+(?=(?:[ \t]+[A-Z][A-Z0-9_]+)*[ \t]+[A-Za-z_])/g, blank)
    .replaceAll(/^[A-Z][A-Z0-9]*_[A-Z0-9_]+(?=\s*$)/gm, blank)
    .replaceAll(/^[A-Z][A-Z0-9_]{2,}\([^(){};]*\)(?=[ \t]*\n\s*[A-Za-z_])/gm, blank);
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, " ");
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
  rowFor: (text, path) => (path.endsWith(".h") && CPP_ONLY.test(text.replaceAll(BLOCK_COMMENT, "")) ? cpp : c),
};

const BLOCK_COMMENT = /\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//g;

/** What a header in C does not say at the beginning of a line. */
const CPP_ONLY =
  /^[ \t]*(?:class\s+(?:\w+\s+)?\w+\s*(?:final\s*)?(?:[:{;]|$)|(?:inline\s+)?namespace\b(?!\s*=)|template\s*<|using\s+(?:namespace\s|[\w:]+\s*[=;])|(?:public|private|protected)\s*:|constexpr\b|virtual\b|#\s*include\s*<(?:string|vector|memory|map|utility|functional|algorithm|iostream|cstdint|cstddef|type_traits)>)/m;

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
  const inBlock = node.parent?.type === "compound_statement";
  const { name, list, marked } = declared(node);
  if (name === null || NO_NAME.has(name.text) || (list === null && inBlock)) return null;
  if (node.previousSibling?.lastChild?.isMissing === true && MACRO.test(name.text)) return null;
  const given = marked ?? beforeError(node);
  if (given !== undefined) return pathNames(given);
  const isCast = name.type.endsWith("operator_cast") || /\boperator\b/.test(name.text);
  if (list === null && !isCast && name.parent?.type !== "parenthesized_declarator") return null;
  if (list === null || !MACRO.test(name.text)) return pathNames(name.text);
  return namesBehindMacro(node, name.text, { list, inBlock });
}

/** Of a definition whose name has the shape of a macro: `MACRO(name) {`, or a function really named so. */
function namesBehindMacro(node: Node, name: string, { list, inBlock }: { list: Node; inBlock: boolean }): readonly string[] | null {
  if (node.childForFieldName("type") !== null) return pathNames(name);
  if (inBlock || /CATCH|FOR_?EACH|_IF\b/.test(name)) return null;
  if (node.parent?.type !== "field_declaration_list") return declaratorNames(list.text);
  return node.parent.parent?.childForFieldName("name")?.text === name ? [name] : null;
}

/** Of `name() MACRO(…) {` and `MACRO name() : member(…) {` the parser takes the end for the head, and the head for an error. */
function beforeError(node: Node): string | undefined {
  const error = node.namedChildren.find((child) => child.isError);
  return error?.namedChildren.find((child) => child?.type === "function_declarator")?.childForFieldName("declarator")?.text;
}

interface Declared {
  readonly name: Node | null;
  /** The last declarator with parameters. */
  readonly list: Node | null;
  /** The name of a function where the parser takes its type for the name: `MACRO type (name)(…)`, `MACRO type name(…)`. */
  readonly marked: string | undefined;
}

function declared(node: Node): Declared {
  let list: Node | null = null;
  let marked: string | undefined;
  let name = node.childForFieldName("declarator");
  while (name !== null && !NAMED.test(name.type)) {
    if (name.type === "function_declarator") {
      if (list !== null && name.parent?.id === list.id) marked = /^[\w:]+\s*\(\s*(\w+)\s*\)$/.exec(name.text)?.[1];
      marked ??= name.namedChildren.find((child) => child.isError && /^\w+$/.test(child.text))?.text;
      list = name;
    }
    name = WRAPPED.has(name.type) ? innermost(name) : name.childForFieldName("declarator");
  }
  return { name, list, marked };
}

/** What the parser takes for a name where conditions of the preprocessor cut a function. */
const NO_NAME: ReadonlySet<string> = new Set(
  "if else for while switch do return sizeof catch void bool char short int long float double unsigned signed static const".split(" "),
);

function innermost(node: Node): Node | null {
  return (
    node.namedChildren.findLast((child) => child !== null && child.type !== "comment" && child.type !== "attribute_declaration") ?? null
  );
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
