/** Repository and commit that the image of a benchmark is named after; the commit may be only its beginning. */
export interface ImageOrigin {
  readonly repository: string | null;
  readonly commit: string | null;
}

/**
 * `swebench/sweb.eval.x86_64.<owner>_1776_<name>-<number>` and `<org>/swesmith.x86_64.<owner>_1776_<name>.<commit8>` (reference.md §j). Other
 * names tell nothing.
 */
export function imageOrigin(image: string | null | undefined): ImageOrigin {
  const name =
    (image ?? "")
      .split("/")
      .at(-1)
      ?.replace(/:[\w.-]+$/, "") ?? "";
  const bench = /^sweb\.eval\.\w+\.(.+?)_1776_(.+)-\d+$/.exec(name);
  if (bench !== null) return { repository: `${bench[1]}/${bench[2]}`, commit: null };
  const smith = /^swesmith\.\w+\.(.+?)_1776_(.+)\.([0-9a-f]{8})$/.exec(name);
  if (smith !== null) return { repository: `${smith[1]}/${smith[2]}`, commit: smith[3] ?? null };
  return { repository: null, commit: null };
}
