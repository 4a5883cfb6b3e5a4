/** Escape sequences, control characters and turns of direction that a terminal would obey, and halves of characters, which no encoding has. */
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\p{Cs}]/gu;

/** Foreign text made harmless for a terminal: what it would obey is shown as \uXXXX; tabs and line ends stay. */
export function plainText(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(obeyed, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
