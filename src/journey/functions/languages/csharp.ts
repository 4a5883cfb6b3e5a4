import { emptyBraces, NOT_WRITTEN } from "./braces.ts";
import type { LanguageRow } from "./language-row.ts";

const BODY = "body: (_) @body";
/** Where conditions of the preprocessor cut a function, the parser takes a statement for one. */
const NO_STATEMENT = `(#not-any-of? @name "if" "for" "foreach" "while" "switch" "catch" "lock" "using")`;

/** Namespaces lend no name, as packages do not. A property's accessors are `Property.get` and `Property.set`; one that is an expression is the property itself. */
export const csharp: LanguageRow = {
  name: "csharp",
  grammar: "c_sharp",
  extensions: [".cs", ".csx"],
  query: `
    (method_declaration name: (_) @name ${BODY} ${NO_STATEMENT}) @method
    (method_declaration !body) @declaration
    (constructor_declaration name: (_) @name ${BODY}) @method
    (constructor_declaration !body) @declaration
    (destructor_declaration name: (_) @name ${BODY} (#set! prefix "~")) @method
    (operator_declaration operator: _ @name ${BODY} (#set! prefix "operator ")) @method
    (conversion_operator_declaration type: (_) @name ${BODY} (#set! prefix "operator ")) @method
    (local_function_statement name: (_) @name ${BODY} ${NO_STATEMENT}) @function
    (accessor_declaration name: _ @name ${BODY}) @method
    (property_declaration name: (_) @name value: (arrow_expression_clause) @body) @method
    (indexer_declaration value: (arrow_expression_clause) @body (#set! name "this")) @method
    (property_declaration name: (_) @name) @namespace
    (event_declaration name: (_) @name) @namespace
    (indexer_declaration (#set! name "this")) @namespace
    (variable_declarator name: (identifier) @name [(lambda_expression ${BODY}) (anonymous_method_expression (block) @body)] @function)
    (assignment_expression left: [(identifier) @name (member_access_expression name: (identifier) @name)]
      right: [(lambda_expression ${BODY}) (anonymous_method_expression (block) @body)] @function)
    (class_declaration name: (_) @name) @holder
    (interface_declaration name: (_) @name) @holder
    (struct_declaration name: (_) @name) @holder
    (record_declaration name: (_) @name) @holder
    [(lambda_expression) (anonymous_method_expression)] @namespace
  `,
  testFiles: [/Tests?\.cs$/, /TestCase\.cs$/, /^Test[A-Z]\w*\.cs$/],
  generatedFiles: [/\.(?:g|g\.i|designer|generated)\.cs$/i, /^(?:AssemblyInfo|TemporaryGeneratedFile_.*)\.cs$/],
  folders: {
    test: /(?:^|\/)(?:[^/]*[.-])?(?:Unit|Integration|Functional)?Tests?(?:\.[^/]*)?\//,
    vendored: /(^|\/)packages\//,
    generated: /(^|\/)obj\//,
  },
  emptyBody: emptyBraces(String.raw`throw new (?:System\.)?(?:NotImplementedException|\w+\(${NOT_WRITTEN})`),
  trimsTrailingComments: false,
  namesOf: (text) => text.split(".").map((part) => part.trim()),
  ownerOf: (text) => text,
  annotations: new Set(["attribute_list", "preproc_if", "preproc_region"]),
};
