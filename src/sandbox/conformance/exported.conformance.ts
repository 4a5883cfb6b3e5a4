import { createHash } from "node:crypto";
import { extract } from "tar-stream";
import type { ExportedTree } from "../../records/exported-tree.ts";

export interface Exported {
  readonly kind: "delta" | "full";
  readonly deleted: readonly string[];
  /** By path: "folder", "-> target", or mode and hash of a file. */
  readonly entries: ReadonlyMap<string, string>;
}

export function fileMark(content: Uint8Array | string, executable = false): string {
  return `${executable ? "755" : "644"} ${createHash("sha256").update(content).digest("hex").slice(0, 16)}`;
}

export async function readExport(tree: ExportedTree): Promise<Exported> {
  const entries = new Map<string, string>();
  const unpack = extract();
  tree.tar.on("error", (error) => unpack.destroy(error));
  tree.tar.pipe(unpack);
  for await (const entry of unpack) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const { name, type, linkname, mode = 0 } = entry.header;
    const path = name.replace(/\/$/, "");
    if (type === "directory") entries.set(path, "folder");
    else if (type === "symlink") entries.set(path, `-> ${linkname ?? ""}`);
    else entries.set(path, type === "file" ? fileMark(Buffer.concat(chunks), (mode & 0o100) !== 0) : `other ${type ?? ""}`);
  }
  return { kind: tree.kind, deleted: tree.deleted, entries };
}

/** Whether a path of the snapshot is gone: said to be, under something that is, or absent from a full export. */
export function isGone(tree: Exported, path: string): boolean {
  if (tree.kind === "full") return !tree.entries.has(path);
  return !tree.entries.has(path) && tree.deleted.some((gone) => path === gone || path.startsWith(`${gone}/`));
}
