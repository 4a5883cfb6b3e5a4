import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

const launcher = join(import.meta.dirname, "..", "..", "bin", "apprentice.js");

/** Far longer than any session takes. */
const lateMs = 50_000;

/** What a person does: waits until a text is on the screen, then types. */
export type Typing = readonly [awaited: string, keys: string];

export interface Session {
  readonly status: unknown;
  /** All that was on the screen, without its control characters. */
  readonly screen: string;
}

/** Runs a command of ours at a terminal, typing as a person would. */
export async function typedSession(args: readonly string[], typing: readonly Typing[], folder: string): Promise<Session> {
  return await typedProgram([process.execPath, launcher, ...args], typing, folder);
}

/** Runs any program at a terminal of 80 columns, which `script` of util-linux makes. */
export async function typedProgram(words: readonly string[], typing: readonly Typing[], folder: string): Promise<Session> {
  const command = words.map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qefc", `stty cols 80 rows 24; exec ${command}`, "/dev/null"], {
    cwd: folder,
    env: { ...process.env, TERM: "xterm-256color", SHELL: "/bin/sh" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  // What was awaited and never came: the program would wait for ever.
  const late = setTimeout(() => child.kill("SIGKILL"), lateMs);
  let screen = "";
  let position = 0;
  const left = [...typing];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    for (let next = left[0]; next !== undefined; next = left[0]) {
      const [awaited, keys] = next;
      const found = stripVTControlCharacters(screen).indexOf(awaited, position);
      if (found < 0) return;
      position = found + awaited.length;
      left.shift();
      // The prompt listens once its last line is drawn.
      setImmediate(() => child.stdin.write(keys));
    }
  });
  const [status] = await once(child, "close");
  clearTimeout(late);
  if (left.length > 0) throw new Error(`"${left[0]?.[0]}" never came: ${stripVTControlCharacters(screen)}`);
  return { status, screen: stripVTControlCharacters(screen) };
}
