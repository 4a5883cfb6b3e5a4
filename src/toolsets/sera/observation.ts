import { unreachable } from "../../base/result.ts";
import { clip } from "../clip.ts";
import { plainOutput } from "../plain-output.ts";
import type { CommandSeen } from "../toolset.ts";

/** Characters an observation may have. */
const observationLimit = 100_000;

const nothingSaid = "Your last command ran successfully and did not produce any output.";

/** What the model gets for a tool's output; the shapes are those of reference.md §c.2. `dropped`: bytes that were never received. */
export function observation(output: string, dropped = 0): string {
  if (output.trim() === "" && dropped === 0) return nothingSaid;
  const { head, elided } = clip(output, observationLimit);
  if (elided + dropped === 0) return `OBSERVATION:\n${output}`;
  return `Observation: ${head}<response clipped><NOTE>Observations should not exceeded ${observationLimit} characters. ${elided + dropped} characters were elided. Please try a different command that produces less output or use head/tail/grep/redirect the output to a file. Do not use interactive pagers.</NOTE>`;
}

/** The observation of a shell command, however it ended. The exit code is not shown (reference.md §c.2). */
export function observeCommand(seen: CommandSeen): string {
  const output = plainOutput(seen.output);
  const dropped = Math.max(0, seen.outputBytes - Buffer.byteLength(seen.output));
  switch (seen.ended) {
    case "completed":
      return observation(output, dropped);
    case "timed-out":
      return observation(timeoutSentence(seen));
    case "shell-ended":
      return observation(
        `${endedLine(output)}The shell ended with this command. A new one was started in the workspace, without the variables and functions of the old one.\n`,
      );
    default:
      return unreachable(seen.ended);
  }
}

function timeoutSentence({ command, timeoutMs }: CommandSeen): string {
  return `The command '${command}' was cancelled because it took more than ${timeoutMs / 1000} seconds. Please try a different command that completes more quickly. Note: A common source of this error is if the command is interactive or requires user input (it is impossible to receive user input in the current environment, so the command will never complete).`;
}

function endedLine(output: string): string {
  return output === "" || output.endsWith("\n") ? output : `${output}\n`;
}
