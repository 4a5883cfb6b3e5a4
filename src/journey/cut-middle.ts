/**
 * Text of at most `most` UTF-16 units: its beginning and its end, with a mark between them that says how much is left out. No
 * character is split.
 */
export function cutMiddle(text: string, most: number): string {
  if (text.length <= most) return text;
  const mark = (left: number): string => `\n[… ${left} characters left out …]\n`;
  const kept = Math.max(0, most - mark(text.length).length);
  const head = withoutHalfAtEnd(text.slice(0, Math.ceil(kept * 0.6)));
  const tail = withoutHalfAtStart(text.slice(text.length - Math.floor(kept * 0.4)));
  return (head + mark(text.length - head.length - tail.length) + tail).slice(0, most);
}

function withoutHalfAtEnd(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}

function withoutHalfAtStart(text: string): string {
  return /^[\udc00-\udfff]/.test(text) ? text.slice(1) : text;
}
