import type { Message } from "../../records/message.ts";

/** How the tools of the programs we read say that a call did not do what was asked; beginnings of results, without `OBSERVATION:`. */
const refusals =
  /^(?:No replacement was performed|The path [^\n]* (?:is not an absolute path|does not exist)|File already exists at|Parameter `|Invalid `|Unrecognized command|The parent directory [^\n]* does not exist|ERROR:)/;
const exitCode =
  /(?:^(?:<exception>[^]*?<\/exception>\n)?<returncode>(-?\d+)<\/returncode>)|(?:\[(?:Command finished|The command completed) with exit code (-?\d+)\.?\]\s*$)/;

/**
 * Positions of the turns whose call failed, as far as its result says so: a status other than 0 where the harness shows one, an edit that
 * was refused. SWE-agent shows no status of commands.
 */
export function failedTurns(messages: readonly Message[]): number[] {
  const failed: number[] = [];
  let turn = -1;
  for (const [position, message] of messages.entries()) {
    if (message.role === "assistant") turn = position;
    else if (message.role === "tool" && turn !== -1 && isFailure(message.content) && failed.at(-1) !== turn) failed.push(turn);
  }
  return failed;
}

function isFailure(result: string): boolean {
  const text = result.replace(/^O(?:BSERVATION:\n|bservation: )/, "");
  const found = exitCode.exec(text);
  const status = found?.[1] ?? found?.[2];
  return status === undefined ? refusals.test(text) : status !== "0";
}
