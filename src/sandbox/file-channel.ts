import type { ControlChannel, Reply } from "./control-channel.ts";
import type { FileList, FileProblem, FileRead, FileWrite } from "./sandbox.ts";

/** The system's words for errors, as every C library has them under LC_ALL=C. */
const problems: readonly (readonly [RegExp, FileProblem])[] = [
  [/Is a directory$/, "is-directory"],
  [/Not a directory$/, "not-directory"],
  [/(No such file or directory|[Nn]onexistent)$/, "missing"],
  [/(Permission denied|Read-only file system|Operation not permitted)$/, "denied"],
  [/(No space left on device|Disk quota exceeded|File too large)$/, "no-space"],
];

function problemOf(reply: Reply): FileProblem {
  const words = reply.body.subarray(-400).toString("latin1").trimEnd();
  return problems.find(([pattern]) => pattern.test(words))?.[1] ?? "other";
}

/** One slash between parts, none at the end (the root is empty); null: not a path in the sandbox. */
function plainPath(path: string): string | null {
  if (!path.startsWith("/") || path.includes("\0")) return null;
  return path.replace(/\/{2,}/g, "/").replace(/\/$/, "");
}

/** Files in the sandbox's own view, by its supervisor. null: the sandbox does not answer. */
export class FileChannel {
  readonly #control: ControlChannel;

  constructor(control: ControlChannel) {
    this.#control = control;
  }

  async stat(path: string): Promise<{ readonly kind: "file" | "directory" | "other" | null } | null> {
    const plain = plainPath(path);
    if (plain === null) return { kind: null };
    const reply = await this.#control.request({ call: "kind_of", args: [plain === "" ? "/" : path] });
    if (reply === null) return null;
    const said = reply.body.toString("latin1");
    return { kind: said === "file" || said === "directory" || said === "other" ? said : null };
  }

  async list(path: string): Promise<FileList | null> {
    const plain = plainPath(path);
    if (plain === null) return { ok: false, problem: "missing" };
    const reply = await this.#control.request({ call: "list_folder", args: [plain] });
    if (reply === null) return null;
    if (reply.status !== 0) return { ok: false, problem: problemOf(reply) };
    return { ok: true, paths: [plain === "" ? "/" : plain, ...sortedNames(reply.body)] };
  }

  async read(path: string, limitBytes: number): Promise<FileRead | null> {
    const plain = plainPath(path);
    if (plain === null) return { ok: false, problem: "missing" };
    const reply = await this.#control.request({ call: "read_file", args: [limitBytes + 1, path] });
    if (reply === null) return null;
    if (reply.status !== 0) return { ok: false, problem: problemOf(reply) };
    return reply.body.length > limitBytes ? { ok: false, problem: "too-large" } : { ok: true, bytes: reply.body };
  }

  async write(path: string, bytes: Uint8Array): Promise<FileWrite | null> {
    const plain = plainPath(path);
    if (plain === null) return { ok: false, problem: "missing" };
    const reply = await this.#control.request({ call: "write_file", args: [bytes.length, path], payload: bytes });
    if (reply === null) return null;
    return reply.status === 0 ? { ok: true } : { ok: false, problem: problemOf(reply) };
  }
}

function sortedNames(body: Buffer): string[] {
  const names: Buffer[] = [];
  for (let at = 0, end = body.indexOf(0); end >= 0; at = end + 1, end = body.indexOf(0, at)) names.push(body.subarray(at, end));
  return names.sort((a, b) => Buffer.compare(a, b)).map((name) => name.toString("utf8"));
}
