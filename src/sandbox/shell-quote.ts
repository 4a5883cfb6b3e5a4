/** A word that a POSIX shell reads as exactly this text, newlines included. The text must be free of NUL. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** As `shellQuote`, on one line: a newline becomes the variable `nl`, which the reader must have set. */
export function shellQuoteLine(text: string): string {
  return shellQuote(text).replaceAll("\n", `'"$nl"'`);
}
