import type { Command as Program } from "commander";
import type { Scrubber } from "../base/secret.ts";

/** One command of the line: its options are registered on a commander command, its action gives the exit status. */
export interface CommandModule {
  register(program: Program, terminal: Terminal): void;
}

/** Every command by its name: what it does in a line, and where it is. */
export type CommandList = Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<CommandModule> }>>;

/** How a line is set off on a terminal that has colours; nowhere else. */
export type Look = "plain" | "heading" | "dim" | "added" | "removed";

/** The only way a command speaks: results to standard output, everything else to standard error. */
export interface Terminal {
  /** One line of a result. */
  print(line: string, look?: Look): void;
  /** A line for the person who waits: progress, notes, warnings. A command in it, such as `apprentice doctor`, is shown as it was started. */
  say(line: string): void;
  /** Shows lines that the next call replaces, below what is said meanwhile; null takes them away. Only where `interactive`. */
  live(lines: readonly string[] | null): void;
  /** Sets the exit status; the first one that is not 0 stays. */
  exit(status: number): void;
  /** From now on nothing that is written shows the values of these secrets. */
  hide(scrubber: Scrubber): void;
  readonly interactive: boolean;
  readonly columns: number;
  readonly rows: number;
}

/** A sentence for the user and an exit status, thrown by a command to end itself (interface.md has the statuses). */
export class CommandEnd extends Error {
  readonly status: number;

  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

/** Ends a command because of what the user wrote. */
export function usageError(sentence: string): CommandEnd {
  return new CommandEnd(2, sentence);
}

/** Ends a command because something did not work. */
export function commandFailed(sentence: string): CommandEnd {
  return new CommandEnd(1, sentence);
}
