import type { Engine } from "./engine.ts";

/** An engine gives each container ten seconds to end, unless it is told otherwise. */
const shutdownMs = 12_000;
const betweenMs = 200;
const answerMs = 10_000;

/** Whether an engine that still answers is being shut down: it ends its containers, and takes no new ones, before it goes. */
export async function goesAway(engine: Engine): Promise<boolean> {
  const untilMs = performance.now() + shutdownMs;
  while (await engine.answers(AbortSignal.timeout(answerMs))) {
    if (performance.now() > untilMs) return false;
    await new Promise((resolve) => setTimeout(resolve, betweenMs));
  }
  return true;
}
