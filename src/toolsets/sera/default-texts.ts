import { readFileSync } from "node:fs";
import type { ToolsetTexts } from "../toolset.ts";

let loaded: ToolsetTexts | undefined;

/** The texts that ship with the toolset, read from the files beside this one on first use. */
export function defaultTexts(): ToolsetTexts {
  loaded ??= {
    system: textFile("system.md"),
    frame: textFile("frame.md"),
    review: textFile("review.md"),
    descriptions: {
      bash: "runs the given command directly in bash",
      str_replace_editor: textFile("str-replace-editor.md"),
      submit: "submits the current file",
    },
  };
  return loaded;
}

/** A text without the newline that ends its file. */
function textFile(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8").replace(/\n$/, "");
}
