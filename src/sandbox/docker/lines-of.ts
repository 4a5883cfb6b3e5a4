import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { EngineProblem } from "./engine-problem.ts";

/** The lines of an answer as they come. Throws an EngineProblem where it breaks off. */
export async function* linesOf(answer: IncomingMessage): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: answer, crlfDelay: Infinity });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new EngineProblem(error.message, { code: "ECONNRESET" });
  }
  if (answer.errored !== null) throw new EngineProblem(answer.errored.message, { code: "ECONNRESET" });
}
