import { clip, lastCharacters } from "../clip.ts";
import { plainOutput } from "../plain-output.ts";
import type { CommandSeen } from "../toolset.ts";

/** Characters of output from which on only its two ends are shown, and how many of each. */
const wholeBelow = 10_000;
const shownOfEnds = 5000;

const warning = [
  "<warning>",
  "The output was too long to be shown whole.",
  "Run a command that prints less: part of a file by head, tail or sed, a narrower search, or redirect the output to a file and search in that.",
  "</warning>",
].join("\n");

/** The observation of a command, in the shapes of mini-swe-agent (reference.md §c.8). A command that did not end by itself has return code -1. */
export function observeCommand(seen: CommandSeen): string {
  const exception = exceptionOf(seen);
  const head = exception === null ? "" : `<exception>${exception}</exception>\n`;
  return `${head}<returncode>${seen.exitCode ?? -1}</returncode>\n${outputShown(seen)}`;
}

function exceptionOf({ ended, timeoutMs, exitCode }: CommandSeen): string | null {
  if (ended === "timed-out") return `The command was ended because it took more than ${timeoutMs / 1000} seconds.`;
  return ended === "shell-ended" && exitCode === null ? "The shell was ended by this command." : null;
}

function outputShown(seen: CommandSeen): string {
  const received = plainOutput(seen.output);
  const end = plainOutput(seen.outputTail);
  const between = Math.max(0, seen.outputBytes - Buffer.byteLength(seen.output) - Buffer.byteLength(seen.outputTail));
  const all = received + end;
  if (between === 0 && clip(all, wholeBelow - 1).elided === 0) return `<output>\n${all}</output>`;
  const { head, elided } = clip(all, shownOfEnds);
  const tail = lastCharacters(all.slice(head.length), shownOfEnds);
  const left = elided - Math.min(elided, shownOfEnds) + between;
  return `${warning}<output_head>\n${head}\n</output_head>\n<elided_chars>\n${left} characters elided\n</elided_chars>\n<output_tail>\n${tail}\n</output_tail>`;
}
