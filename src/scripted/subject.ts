/** The function a prompt is about: its qualified name, and its path from the root of the repository. */
export interface Subject {
  readonly name: string;
  readonly path: string;
}

/** How every hint and every report of ours names its function, once. */
export function subjectPhrase({ name, path }: Subject): string {
  return `\`${name}\` in \`${path}\``;
}

/** The subject that a text names most often in the words of `subjectPhrase`; the first of equals. */
export function findSubject(text: string): Subject | null {
  const counts = new Map<string, { subject: Subject; count: number }>();
  for (const [phrase, name = "", path = ""] of text.matchAll(/`([^`\n]{1,300})` in `([^`\n]{1,400})`/g)) {
    const relative = path.replace(/^(\/testbed\/|\.\/)/, "");
    if (!/[./]/.test(relative) || relative.startsWith("/")) continue;
    const known = counts.get(phrase) ?? { subject: { name, path: relative }, count: 0 };
    counts.set(phrase, { ...known, count: known.count + 1 });
  }
  const ranked = [...counts.values()].sort((a, b) => b.count - a.count);
  return ranked[0]?.subject ?? null;
}

/** The names a qualified name is made of, outermost first: `Store.add`, `(*Store).Add`, `outer.<locals>.inner`, `add#2`. */
export function nameSegments(name: string): string[] {
  const plain = name.replace(/[#@]\d+$/, "").replace(/<[^>]*>|\[[^\]]*\]/g, "");
  // Ruby and others write `Store#add`; in `Store.#add` the mark belongs to the name.
  const bare = plain.replace(/(?<=[\p{L}\p{N}_])#/gu, ".");
  return bare.split(/[^\p{L}\p{N}_$#]+/u).filter((segment) => segment !== "");
}
