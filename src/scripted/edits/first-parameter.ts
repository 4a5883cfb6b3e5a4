import { unreachable } from "../../base/result.ts";
import { bracketBalance } from "./source-language.ts";
import type { EditLanguage } from "./source-language.ts";

/** A parameter that a check can be written for. `type`: its Go type, empty elsewhere. */
export interface CheckedParameter {
  readonly name: string;
  readonly type: string;
}

/** The first parameter that must be given and has a plain name; null where there is none such. */
export function firstParameter(parameters: string, language: EditLanguage): CheckedParameter | null {
  const list = splitTop(parameters);
  switch (language) {
    case "python":
      return pythonParameter(list.filter((text) => text !== "self" && text !== "cls")[0] ?? "");
    case "script":
      return scriptParameter(list[0] ?? "");
    case "go":
      return goParameter(list);
    case "other":
      return null;
    default:
      return unreachable(language);
  }
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
