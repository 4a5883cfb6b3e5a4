import { dirname, isAbsolute, relative, resolve } from "node:path";
import { shellQuote } from "../sandbox/shell-quote.ts";

/** How this process was started, as far as it decides what a user types to start the next one. */
export interface Origin {
  /** The checkout whose sources run; null: an installed package. */
  readonly checkout: string | null;
  readonly launcher: string;
  readonly folder: string;
  /** By npx or a script of a package. */
  readonly byNpm: boolean;
}

/** A command line of ours that can be pasted into a POSIX shell where this process was started. */
export function typedCommand(words: readonly string[], origin: Origin = ownOrigin()): string {
  return [starterOf(origin), ...words.map(shellWord)].join(" ");
}

/** A sentence whose commands between backticks (`apprentice doctor`) are written as they would be typed here. */
export function withTypedCommands(sentence: string, origin: Origin = ownOrigin()): string {
  return sentence.replaceAll("`apprentice ", () => `\`${starterOf(origin)} `);
}

function starterOf({ checkout, launcher, folder, byNpm }: Origin): string {
  if (byNpm || (checkout !== null && holds(checkout, folder))) return "npx apprentice";
  // npx would look for a package of that name in the registry.
  return checkout === null ? "apprentice" : shellWord(launcher);
}

function ownOrigin(): Origin {
  const checkout = import.meta.filename.endsWith(".ts") ? dirname(dirname(import.meta.dirname)) : null;
  const launcher = resolve(checkout ?? "", "bin", "apprentice.js");
  return { checkout, launcher, folder: process.cwd(), byNpm: process.env["npm_command"] !== undefined };
}

function holds(outer: string, inner: string): boolean {
  const path = relative(outer, inner);
  return path !== ".." && !path.startsWith("../") && !isAbsolute(path);
}

const plainWord = /^[\w@%+=:,./-]+$/;

/** A word as a person would type it: quoted only where it must be, and on one line. */
function shellWord(text: string): string {
  if (plainWord.test(text)) return text;
  if (!/\p{Cc}/u.test(text)) return shellQuote(text);
  const escaped = text.replace(/[\\']/g, "\\$&").replace(/\p{Cc}/gu, (character) => encodeURIComponent(character).replaceAll("%", "\\x"));
  return `$'${escaped}'`;
}
