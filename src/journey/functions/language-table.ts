import { bash } from "./languages/bash.ts";
import { c, cpp } from "./languages/c-family.ts";
import { csharp } from "./languages/csharp.ts";
import { javascript, tsx, typescript } from "./languages/ecmascript.ts";
import { go } from "./languages/go.ts";
import { java } from "./languages/java.ts";
import { kotlin } from "./languages/kotlin.ts";
import type { LanguageRow } from "./languages/language-row.ts";
import { lua } from "./languages/lua.ts";
import { php } from "./languages/php.ts";
import { python } from "./languages/python.ts";
import { ruby } from "./languages/ruby.ts";
import { rust } from "./languages/rust.ts";
import { scala } from "./languages/scala.ts";
import { swift } from "./languages/swift.ts";

/** Every language whose functions are found. A new one is a row: see `LanguageRow` for what it must say. */
export const languageTable: readonly LanguageRow[] = [
  python,
  typescript,
  tsx,
  javascript,
  go,
  rust,
  java,
  c,
  cpp,
  csharp,
  ruby,
  php,
  kotlin,
  swift,
  scala,
  lua,
  bash,
];

/** As people call them, one a language. */
export const languageNames: readonly string[] = [
  "Python",
  "TypeScript",
  "JavaScript",
  "Go",
  "Rust",
  "Java",
  "C",
  "C++",
  "C#",
  "Ruby",
  "PHP",
  "Kotlin",
  "Swift",
  "Scala",
  "Lua",
  "Bash",
];

const byExtension = new Map(languageTable.flatMap((row) => row.extensions.map((extension) => [extension, row] as const)));

/** Names of files whose text is in several languages at once: markup with code in it, pages of templates, notebooks. */
const SEVERAL_LANGUAGES =
  /\.(?:vue|svelte|astro|marko|html?|xhtml|cshtml|vbhtml|razor|aspx|ascx|jspx?|erb|rhtml|haml|slim|ejs|hbs|mustache|phtml|twig|liquid|jinja2?|j2|tpl|tmpl|gotmpl|templ|ipynb|rmd|qmd|mdx|blade\.php)$/i;

export function holdsSeveralLanguages(path: string): boolean {
  return SEVERAL_LANGUAGES.test(path);
}

/** The language of a file by the end of its name, or undefined where the table has none or the file is in several. */
export function languageOf(path: string): LanguageRow | undefined {
  if (holdsSeveralLanguages(path)) return undefined;
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? undefined : byExtension.get(name.slice(dot).toLowerCase());
}
