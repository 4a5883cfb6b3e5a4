/** A command's output without terminal colours and without carriage returns before newlines. */
export function plainOutput(output: string): string {
  return output.replaceAll("\r\n", "\n").replaceAll(/\x1b\[[0-?]*[ -/]*[@-~]/g, "");
}
