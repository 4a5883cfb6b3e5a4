import { shippedText } from "../shipped-text.ts";
import type { ToolsetTexts } from "../toolset.ts";

let loaded: ToolsetTexts | undefined;

/** The texts that ship with the toolset, read from the files beside this one on first use. */
export function defaultTexts(): ToolsetTexts {
  const text = (name: string): string => shippedText(new URL(name, import.meta.url));
  loaded ??= {
    system: text("system.md"),
    frame: text("frame.md"),
    review: text("review.md"),
    requery: {},
    descriptions: {
      bash: "runs the given command directly in bash",
      str_replace_editor: text("str-replace-editor.md"),
      submit: "submits the current file",
    },
  };
  return loaded;
}
