/** The first `limit` characters (code points, so that no character is cut in two) and how many there were beyond them. */
export function clip(text: string, limit: number): { readonly head: string; readonly elided: number } {
  if (text.length <= limit) return { head: text, elided: 0 };
  let units = 0;
  for (let seen = 0; seen < limit && units < text.length; seen++) units += unitsAt(text, units);
  let elided = 0;
  for (let at = units; at < text.length; elided++) at += unitsAt(text, at);
  return { head: text.slice(0, units), elided };
}

function unitsAt(text: string, index: number): 1 | 2 {
  return (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
}

/** The last `limit` characters (code points), or all there are. */
export function lastCharacters(text: string, limit: number): string {
  let at = text.length;
  for (let seen = 0; seen < limit && at > 0; seen++) at -= at > 1 ? unitsAt(text, at - 2) : 1;
  return text.slice(at);
}
