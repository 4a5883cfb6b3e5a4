/** One turn of the teacher: what it thinks, says and calls. */
export interface Move {
  readonly reasoning: string;
  readonly text: string;
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * A play receives the observation of each move it makes and decides on the next. It is run again from its start for
 * every request, over the observations the request holds, so the server keeps nothing of a conversation.
 */
export type Play<Value = void> = Generator<Move, Value, string>;

/** The move after the given observations; null when the play is over. */
export function nextMove(play: Play, observations: readonly string[]): Move | null {
  let step = play.next();
  for (const observation of observations) {
    if (step.done === true) return null;
    step = play.next(withoutHeading(observation));
  }
  return step.done === true ? null : step.value;
}

/** What a tool said, without the frame that a toolset puts around it. */
function withoutHeading(observation: string): string {
  const bare = observation.replace(/^OBSERVATION:\n|^Observation: /, "");
  return bare.replace(/^(?:<exception>[^]*?<\/exception>\n)?<returncode>-?\d+<\/returncode>\n(?:<output>\n([^]*)<\/output>$)?/, "$1");
}
