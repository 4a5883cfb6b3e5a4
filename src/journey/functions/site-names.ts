import type { Captured } from "./captured.ts";
import { isSite } from "./captured.ts";
import type { LanguageRow } from "./languages/language-row.ts";

/** The names an item adds to those around it, the type a method belongs to first where that does not enclose it; null: no function. */
export function namesOf({ text, language }: { text: string; language: LanguageRow }, item: Captured): readonly string[] | null {
  const { name, owner } = item.parts;
  const own = item.fixedName === undefined ? undefined : [item.fixedName];
  const names = own ?? (name === undefined ? declaredNames(language, item) : language.namesOf(text.slice(name.startIndex, name.endIndex)));
  if (names === null) return null;
  const prefixed = names.map((part, index) => (index === names.length - 1 ? item.prefix + part : part));
  return owner === undefined ? prefixed : [language.ownerOf(text.slice(owner.startIndex, owner.endIndex)), ...prefixed];
}

function declaredNames(language: LanguageRow, item: Captured): readonly string[] | null {
  return isSite(item) && language.declaredNames !== undefined ? language.declaredNames(item.node) : [];
}
