import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { sha256Hex } from "../base/hash.ts";
import { ok, type Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import { notOpened } from "./sandbox-failure.ts";

/** A Dockerfile of this host, as it was read. */
export interface Dockerfile {
  readonly path: string;
  readonly text: string;
  /** Of the file beside it that is named as it is with `.dockerignore` behind; null: there is none. */
  readonly ignore: string | null;
  /** Of both texts, 64 hexadecimal digits. */
  readonly hash: string;
}

const mostBytes = 1024 * 1024;

/** Whether an image is to be built, by its name: `Dockerfile`, `Containerfile`, either with an ending, or as an ending. */
export function isDockerfile(image: string): boolean {
  const name = basename(image);
  if (/\.(tar|tgz|tar\.[a-z]+|dockerignore)$/.test(name)) return false;
  return /^(Docker|Container)file(\..+)?$/.test(name) || /\.([Dd]ocker|[Cc]ontainer)file$/.test(name);
}

/** Reads a Dockerfile; what is wrong with it concerns the whole run. */
export async function readDockerfile(path: string): Promise<Result<Dockerfile, Failure>> {
  const file = await stat(path).catch(() => null);
  if (file === null) return unusable(`There is no Dockerfile at ${path}.`);
  if (file.isDirectory()) return unusable(`${path} is a folder: name the Dockerfile in it.`);
  if (!file.isFile()) return unusable(`${path} is no plain file.`);
  const text = await limitedText(path);
  if (!text.ok) return text;
  if (text.value.trim() === "") return unusable(`The Dockerfile ${path} is empty.`);
  const ignorePath = `${path}.dockerignore`;
  const isIgnoring = (await stat(ignorePath).catch(() => null))?.isFile() === true;
  const ignore = isIgnoring ? await limitedText(ignorePath) : ok(null);
  if (!ignore.ok) return ignore;
  const hash = sha256Hex(ignore.value === null ? text.value : JSON.stringify([text.value, ignore.value]));
  return ok({ path, text: text.value, ignore: ignore.value, hash });
}

async function limitedText(path: string): Promise<Result<string, Failure>> {
  try {
    await using file = await open(path, "r");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostBytes + 1), 0, mostBytes + 1, 0);
    if (bytesRead > mostBytes) return unusable(`${path} is larger than 1 MiB, so it is no Dockerfile.`);
    return ok(buffer.toString("utf8", 0, bytesRead).replace(/^\uFEFF/, ""));
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    return unusable(`${path} cannot be read (${String(error.code)}).`);
  }
}

function unusable(message: string): { readonly ok: false; readonly error: Failure } {
  return notOpened(message, { code: "dockerfile-unusable", wholeRun: true, retryable: false });
}

/** What a sandbox says that can build nothing. */
export function needsEngine(kind: string, path: string): { readonly ok: false; readonly error: Failure } {
  const message =
    `The sandbox ${kind} cannot build ${path}: use --sandbox docker, or build it yourself, write it to a tar ` +
    "(docker build -t my-image . && docker save -o image.tar my-image) and use --sandbox bubblewrap --image image.tar.";
  return notOpened(message, { code: "dockerfile-needs-docker", wholeRun: true, retryable: false });
}
