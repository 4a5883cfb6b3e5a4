import { bracketBalance } from "./source-language.ts";
import type { EditLanguage } from "./source-language.ts";

/** A parameter that a check can be written for. `type`: its type where the language writes one, else empty. */
export interface CheckedParameter {
  readonly name: string;
  readonly type: string;
}

/** The first parameter that must be given and has a plain name; null where there is none such. */
export function firstParameter(parameters: string, language: EditLanguage): CheckedParameter | null {
  const list = splitTop(parameters);
  return readers[language](list);
}

type Reader = (list: readonly string[]) => CheckedParameter | null;

const readers: Readonly<Record<EditLanguage, Reader>> = {
  python: (list) => pythonParameter(list.filter((text) => text !== "self" && text !== "cls")[0] ?? ""),
  script: ([first = ""]) => scriptParameter(first),
  go: goParameter,
  java: ([first = ""]) => typeBefore(first),
  csharp: ([first = ""]) => typeBefore(first),
  php: ([first = ""]) => phpParameter(first),
  ruby: ([first = ""]) => plainName(first),
  lua: (list) => plainName(list.filter((text) => text !== "self")[0] ?? ""),
  kotlin: ([first = ""]) => typeAfter(first),
  swift: ([first = ""]) => typeAfter(first),
  scala: ([first = ""]) => typeAfter(first),
  rust: (list) => typeAfter(list.filter((text) => !/\bself\b/.test(text))[0] ?? ""),
  bash: () => null,
  other: () => null,
};

/** `final List<String> items`, `this string text`; what has a default value or is only handed out is left. */
function typeBefore(text: string): CheckedParameter | null {
  const bare = text.replaceAll(/(?:@\w+(?:\([^)]*\))?|\[[A-Z][^\]]*\]|\b(?:final|this|in|params))\s+/g, "");
  const [, type, name] = /^([\p{L}_][\p{L}\p{N}_.<>,[\]? ]*?)\s+([\p{L}_][\p{L}\p{N}_]*)$/u.exec(bare) ?? [];
  return name === undefined || type === undefined || /^(?:ref|out)\b/.test(type) ? null : { name, type };
}

/** `items: List<String>`, `with text: String`, `mut text: &str`. */
function typeAfter(text: string): CheckedParameter | null {
  const [, name, type] = /^(?:[\p{L}_][\p{L}\p{N}_]*\s+)?([\p{L}_][\p{L}\p{N}_]*)\s*:\s*([^=]+)$/u.exec(text) ?? [];
  return name === undefined || type === undefined || name === "_" ? null : { name, type: type.trim() };
}

function phpParameter(text: string): CheckedParameter | null {
  const [, type = "", name] = /^(?:(?:public|private|protected|readonly)\s+)*(?:([\w\\]+)\s+)?&?(\$\w+)$/.exec(text) ?? [];
  return name === undefined ? null : { name, type };
}

function plainName(text: string): CheckedParameter | null {
  return /^[\p{Ll}_][\p{L}\p{N}_]*$/u.test(text) ? { name: text, type: "" } : null;
}

function pythonParameter(text: string): CheckedParameter | null {
  const name = /^([\p{L}_][\p{L}\p{N}_]*)\s*(:.*)?$/su.exec(text)?.[1];
  if (name === undefined || name === "_" || /=|\bNone\b|\bOptional\b/.test(text)) return null;
  return { name, type: "" };
}

function scriptParameter(text: string): CheckedParameter | null {
  const bare = text.replace(/^(?:(?:public|private|protected|readonly|override)\s+)+/, "");
  const name = /^([\p{L}_$][\p{L}\p{N}_$]*)\s*(:.*)?$/su.exec(bare)?.[1];
  if (name === undefined || name === "this" || name === "_") return null;
  const hasDefault = /=(?!>)/.test(bare);
  return hasDefault || /\b(undefined|null|void)\b/.test(bare) ? null : { name, type: "" };
}

/** In Go names may share the type of a later one: `a, b int`. */
function goParameter(list: readonly string[]): CheckedParameter | null {
  const name = /^[\p{L}_][\p{L}\p{N}_]*/u.exec(list[0] ?? "")?.[0];
  const typed = list.find((text) => /^\S+\s+\S/.test(text));
  if (name === undefined || name === "_" || typed === undefined) return null;
  return { name, type: typed.replace(/^\S+\s+/, "") };
}

function splitTop(parameters: string): string[] {
  const parts = [""];
  let depth = 0;
  for (let index = 0; index < parameters.length; index++) {
    const character = parameters.charAt(index);
    const arrow = character === ">" && parameters[index - 1] === "=";
    depth += arrow ? 0 : bracketBalance(character, "([{<", ")]}>");
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}
