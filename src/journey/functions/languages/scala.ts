import { emptyBraces, withoutTypeArguments } from "./braces.ts";
import type { LanguageRow } from "./language-row.ts";

export const scala: LanguageRow = {
  name: "scala",
  grammar: "scala",
  extensions: [".scala", ".sc"],
  query: `
    (function_definition name: (_) @name body: (_) @body) @function
    (function_declaration) @declaration
    (val_definition pattern: (identifier) @name value: (lambda_expression) @function)
    (val_definition pattern: (identifier) @name value: [(block . (lambda_expression) @function .)
      (indented_block . (lambda_expression) @function .) (indented_block . (block . (lambda_expression) @function .) .)])
    (var_definition pattern: (identifier) @name value: (lambda_expression) @function)
    (val_definition pattern: (identifier) @name value: (instance_expression) @holder)
    (class_definition name: (_) @name) @holder
    (object_definition name: (_) @name) @holder
    (trait_definition name: (_) @name) @holder
    (enum_definition name: (_) @name) @holder
    (package_object name: (_) @name) @holder
    (given_definition name: (_) @name) @holder
    (given_definition) @holder
    (extension_definition parameters: (parameters . (parameter type: (_) @name))) @holder
    (instance_expression) @holder
    (lambda_expression) @namespace
  `,
  testFiles: [/(?:Test|Tests|Spec|Suite|Specification|IT)\.scala$/],
  generatedFiles: [/\.pb\.scala$/],
  folders: { test: /(^|\/)src\/(?:it|\w*[Tt]est)\//, generated: /(^|\/)(?:target|src_managed)\// },
  emptyBody: new RegExp(String.raw`${emptyBraces(String.raw`\?\?\?|throw new NotImplementedError`).source}|^\?\?\?$`, "i"),
  trimsTrailingComments: false,
  namesOf: (text) => [typeOrName(text)],
  ownerOf: (text) => text,
  annotations: new Set(["annotation"]),
};

/** `collection.List[A]` is `List`; an operator or a name in backticks is what it says. */
function typeOrName(text: string): string {
  if (text.startsWith("`")) return text.replaceAll("`", "");
  if (!/^[\p{L}_$].*[.[]/u.test(text)) return text;
  return withoutTypeArguments(text).trim().split(".").at(-1) ?? text;
}
