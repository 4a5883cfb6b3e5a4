import type { LanguageRow } from "./language-row.ts";

/** `def self.x` in a class is `Class.x` like an instance's; `define_method` counts where its name is written out. */
export const ruby: LanguageRow = {
  name: "ruby",
  grammar: "ruby",
  extensions: [".rb", ".rake", ".gemspec", ".ru"],
  query: `
    (method name: (_) @name !body (#set! stub "yes")) @function
    (method name: (_) @name body: (_) @body) @function
    (singleton_method object: [(constant) (identifier) (scope_resolution)] @owner name: (_) @name) @method
    (singleton_method name: (_) @name !body (#set! stub "yes")) @method
    (singleton_method name: (_) @name body: (_) @body) @method
    (call method: (identifier) @maker arguments: (argument_list . [(string (interpolation)) (delimited_symbol (interpolation))]) block: (_)
      (#any-of? @maker "define_method" "define_singleton_method")) @computed
    (call method: (identifier) @maker arguments: (argument_list . [(simple_symbol) (string)] @name) block: (_) @body
      (#any-of? @maker "define_method" "define_singleton_method")) @method
    (call method: (identifier) @maker arguments: (argument_list . (_) @other) block: (_)
      (#any-of? @maker "define_method" "define_singleton_method")) @computed
    (assignment left: [(identifier) (constant) (instance_variable)] @name right: (lambda) @function)
    (assignment left: [(identifier) (constant) (instance_variable)] @name right: (call !receiver method: (identifier) @maker) @function
      (#any-of? @maker "lambda" "proc"))
    (assignment left: [(constant) (scope_resolution)] @name right: (call method: (identifier) @maker block: (_))
      (#any-of? @maker "new" "define")) @holder
    (module name: (_) @name) @holder
    (class name: (_) @name) @holder
    (singleton_class) @holder
  `,
  testFiles: [/_(?:spec|test)\.rb$/, /^test_.*\.rb$/, /^(?:spec|test)_helper\.rb$/],
  generatedFiles: [/_pb\.rb$/],
  folders: { test: /(^|\/)features\// },
  emptyBody: /^(?:#[^\n]*(?:\n\s*|$))*(?:raise (?:NotImplementedError|["'](?:not implemented|todo))[^\n]*|nil)?$/i,
  trimsTrailingComments: false,
  namesOf: (text) =>
    text
      .replace(/^[:@]+(?=[\w"'])/, "")
      .replace(/^(["'])(.*)\1$/s, "$2")
      .split("::"),
  ownerOf: (text) => text.replaceAll("::", "."),
};
