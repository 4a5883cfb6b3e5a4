import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { isDiskFull } from "./engine-failure.ts";
import { EngineProblem } from "./engine-problem.ts";
import { linesOf } from "./lines-of.ts";

const Progress = z.looseObject({ error: z.string().optional() });

/** Work of the engine that says nothing for this long has come to a halt. */
const silentMs = 3 * 60_000;

/** Reads lines of progress to their end; what went wrong is said among them. null: nothing. Throws an EngineProblem where they stop or the disk is full. */
export async function lastWords(answer: IncomingMessage): Promise<string | null> {
  const silence = setTimeout(() => answer.destroy(new Error("it came to a halt")), silentMs);
  let words: string | null = null;
  try {
    for await (const line of linesOf(answer)) {
      silence.refresh();
      words = errorOf(line) ?? words;
    }
    if (words !== null && isDiskFull(words)) throw new EngineProblem(words, { status: 500 });
    return words;
  } finally {
    clearTimeout(silence);
  }
}

function errorOf(line: string): string | null {
  try {
    return Progress.parse(JSON.parse(line)).error ?? null;
  } catch {
    return null;
  }
}
