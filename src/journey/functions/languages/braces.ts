/** A body in braces that is empty but for `//` and block comments, or for one statement that says it is not written yet. */
export function emptyBraces(placeholder: string): RegExp {
  return new RegExp(String.raw`^\{(?:\s|//[^\n]*(?:\n|$)|/\*(?:[^*]|\*(?!/))*\*/)*(?:(?:${placeholder})[^\n]*)?\s*\}$`, "i");
}

/** `"not implemented…`, as the text of an error begins. */
export const NOT_WRITTEN = String.raw`@?["'](?:not (?:yet )?implemented|unimplemented|todo)`;

/** The last names of a path of identifiers, type arguments and spaces taken off: `a.b.List<T>` is `List`. */
export function lastOfPath(text: string): string {
  const plain = withoutTypeArguments(text).replaceAll(/[\s?]+/g, "");
  return plain.split(/::|\.|\\/).at(-1) ?? plain;
}

/** What stands outside of `<…>` and `[…]`. */
export function withoutTypeArguments(text: string): string {
  let depth = 0;
  let outside = "";
  for (const character of text) {
    if (character === "<" || character === "[") depth += 1;
    if (depth === 0) outside += character;
    if (character === ">" || character === "]") depth -= 1;
  }
  return outside;
}
