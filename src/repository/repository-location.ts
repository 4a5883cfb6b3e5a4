import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";

/** Where a user's code is: on this machine, or behind an address that git fetches from. */
export type RepositoryLocation =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "address"; readonly address: string; readonly name: string };

/**
 * Reads what stands for a repository in settings: a path, `file://`, `https://`, `http://`, `ssh://`, or `user@host:path` as ssh
 * takes it. The error is one sentence. An address with a password or token is refused, because settings are kept with a run.
 */
export function repositoryLocation(text: string): Result<RepositoryLocation, string> {
  if (text.startsWith("-")) return err(`a repository cannot begin with a dash: write ./${text} for a path`);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return ok(withoutScheme(text));
  if (scheme === "file") return filePath(text);
  if (!["https", "http", "ssh"].includes(scheme))
    return err(`${scheme}:// is not fetched from: give a path, or an https, ssh or file address`);
  const url = URL.parse(text);
  if (url === null || url.hostname === "" || url.hostname.startsWith("-"))
    return err("this address cannot be read: give https://HOST/PATH or ssh://USER@HOST/PATH");
  if (url.password !== "" || (url.username !== "" && scheme !== "ssh")) {
    return err(
      "the address holds a name, password or token, and settings are kept with the run: take it out and let git's credential helper give it",
    );
  }
  return ok({ kind: "address", address: text, name: nameOf(url.pathname) });
}

/** `git@host:path`, when no slash comes before the colon; git reads it the same way. */
function withoutScheme(text: string): RepositoryLocation {
  const [, path] = /^[A-Za-z0-9][^/\\:@\s]*@[A-Za-z0-9][^/\\:\s]*:([^:]+)$/.exec(text) ?? [];
  return path === undefined ? { kind: "path", path: text } : { kind: "address", address: text, name: nameOf(path) };
}

function filePath(text: string): Result<RepositoryLocation, string> {
  try {
    return ok({ kind: "path", path: fileURLToPath(text) });
  } catch {
    return err("this file address cannot be read: give file:///PATH, or the path alone");
  }
}

function nameOf(path: string): string {
  return basename(path.replace(/\/+$/, "")).replace(/\.git$/, "") || "repository";
}
