import { styleText } from "node:util";
import { plainText } from "../base/plain-text.ts";
import type { Scrubber } from "../base/secret.ts";
import { scrubbedText } from "../ledger/scrubbed-json.ts";
import type { Look, Terminal } from "./command.ts";
import { withTypedCommands } from "./typed-command.ts";

const styles = { heading: "bold", dim: "dim", added: "green", removed: "red" } as const;

/** The process's own terminal. `flush` waits until what was printed has left; a closed pipe is a reader who has enough, so status 0. */
export interface ProcessTerminal extends Terminal {
  readonly status: number;
  flush(): Promise<void>;
}

export function createTerminal(): ProcessTerminal {
  let status = 0;
  let live: readonly string[] | null = null;
  let drawn: readonly string[] = [];
  let hidden: Scrubber | null = null;
  const shown = (line: string): string => plainText(hidden === null ? line : scrubbedText(line, hidden));
  // A terminal whose size was never set says 0.
  const columns = (): number => process.stderr.columns || process.stdout.columns || 80;
  const drawLive = (): void => {
    if (live === null) return;
    live = live.map((line) => line.slice(0, columns() - 1));
    process.stderr.write(live.join("\n"));
    drawn = live;
  };
  // Without a live line too: the ^C of whoever presses it stands there. A line that was drawn on a wider terminal takes several rows.
  const hideLive = (): void => {
    const rows = Math.max(
      1,
      drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns())), 0),
    );
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${"\u001b[1A\u001b[K".repeat(rows - 1)}`);
    drawn = [];
  };
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => endUnwritten(stream === process.stdout, error));
  return {
    get status() {
      return status;
    },
    // JSON stays the same JSON: what a terminal would obey stands in its strings, and is escaped as JSON escapes it.
    print: (line, look = "plain") => void process.stdout.write(`${dressed(shown(line), look)}\n`),
    say: (line) => {
      hideLive();
      process.stderr.write(`${shown(withTypedCommands(line))}\n`);
      drawLive();
    },
    live: (lines) => {
      hideLive();
      live = lines?.map(shown) ?? null;
      drawLive();
    },
    exit: (value) => {
      if (status === 0) status = value;
    },
    hide: (scrubber) => {
      const before = hidden;
      hidden = before === null ? scrubber : { text: (text) => scrubber.text(before.text(text)) };
    },
    interactive: process.stderr.isTTY,
    get columns() {
      return columns();
    },
    get rows() {
      return process.stderr.rows || process.stdout.rows || 24;
    },
    flush: async () => {
      await Promise.all([drained(process.stdout), drained(process.stderr)]);
    },
  };
}

/** Node's `hasColors` knows NO_COLOR and dumb terminals. */
function dressed(text: string, look: Look): string {
  if (look === "plain" || text === "" || !process.stdout.isTTY || !process.stdout.hasColors()) return text;
  return styleText(styles[look], text, { validateStream: false });
}

/** What a stream that cannot be written means for the command. */
function endUnwritten(isOutput: boolean, error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE" && isOutput && !keepsRunning) process.exit(0);
  // Neither is there anyone left to tell, nor is it a reason to give up what was paid for.
  if (error.code === "EPIPE" || keepsRunning || !isOutput) return;
  process.stderr.write(`Standard output cannot be written (${error.code ?? error.message}): free some space, or write elsewhere.\n`);
  process.exit(1);
}

let keepsRunning = false;

/** A command that makes something goes on to its end when nobody reads its output any more. */
export function keepRunningWithoutReader(): void {
  keepsRunning = true;
}

async function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || !stream.writable) return;
  await new Promise<void>((resolve) => {
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}
