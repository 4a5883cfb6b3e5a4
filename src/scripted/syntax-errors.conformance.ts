import { parserFor } from "../base/grammar.ts";

const grammars: Readonly<Record<string, string>> = {
  py: "python",
  ts: "typescript",
  js: "javascript",
  go: "go",
  rb: "ruby",
  rs: "rust",
  java: "java",
  c: "c",
  cpp: "cpp",
  cs: "c_sharp",
  php: "php",
  kt: "kotlin",
  swift: "swift",
  scala: "scala",
  lua: "lua",
  sh: "bash",
};

/** Whether a file cannot be parsed as what its name says. */
export async function syntaxErrors(path: string, text: string): Promise<boolean> {
  const parser = await parserFor(grammars[path.slice(path.lastIndexOf(".") + 1)] ?? "");
  const tree = parser.parse(text);
  const broken = tree?.rootNode.hasError ?? true;
  tree?.delete();
  return broken;
}
