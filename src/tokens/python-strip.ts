/**
 * Python's `str.strip` and its two halves. @huggingface/jinja passes over their argument and takes white space by JavaScript's rules, under
 * which U+FEFF goes and U+0085 stays.
 */
export const pythonStrip = {
  strip: (text: string, characters?: string): string => pythonStrip.lstrip(pythonStrip.rstrip(text, characters), characters),
  lstrip: (text: string, characters?: string): string => {
    let from = 0;
    while (from < text.length && isStripped(text[from] ?? "", characters)) from++;
    return text.slice(from);
  },
  rstrip: (text: string, characters?: string): string => {
    let to = text.length;
    while (to > 0 && isStripped(text[to - 1] ?? "", characters)) to--;
    return text.slice(0, to);
  },
} as const;

function isStripped(unit: string, characters: string | undefined): boolean {
  return characters === undefined
    ? /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/.test(unit)
    : characters.includes(unit);
}

/** Names under which a template calls them. */
export const stripFunctions = Object.fromEntries(Object.entries(pythonStrip).map(([name, strip]) => [`python_${name}`, strip]));

interface Node {
  readonly type?: string;
  [member: string]: unknown;
}

/** Calls of strip in a parsed template become calls of these functions, and the filter `trim` too. Changes the template in place. */
export function useStripFunctions(node: unknown): void {
  if (Array.isArray(node)) for (const item of node) useStripFunctions(item);
  if (typeof node !== "object" || node === null || Array.isArray(node)) return;
  const parsed = node as Node;
  for (const member of Object.values(parsed)) useStripFunctions(member);
  const { callee, filter } = parsed as { readonly callee?: Node; readonly filter?: Node };
  const name = (callee?.["property"] as Node | undefined)?.["value"];
  if (parsed.type === "CallExpression" && callee?.type === "MemberExpression" && typeof name === "string" && name in pythonStrip) {
    parsed["args"] = [callee["object"], ...(parsed["args"] as unknown[])];
    parsed["callee"] = { type: "Identifier", value: `python_${name}` };
  }
  if (parsed.type === "FilterExpression" && filter?.type === "Identifier" && filter["value"] === "trim")
    Object.assign(parsed, { type: "CallExpression", callee: { type: "Identifier", value: "python_strip" }, args: [parsed["operand"]] });
}
