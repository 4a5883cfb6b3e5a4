import { failure, type Failure } from "../../records/failure.ts";
import type { Engine } from "./engine.ts";
import { unreachable } from "./engine-failure.ts";
import { goesAway } from "./goes-away.ts";

const callMs = 10_000;

/** Why a container ended without our doing, as far as its engine tells; null: it does not. */
export async function explainEnd(ended: {
  readonly engine: Engine;
  readonly container: string;
  readonly openedAtMs: number;
}): Promise<Failure | null> {
  const { engine, container, openedAtMs } = ended;
  const signal = AbortSignal.timeout(callMs);
  const gone = unreachable(engine.name, { message: "it was there before", code: null }).error;
  if (!(await engine.answers(signal))) return gone;
  const events = await eventsOf({ engine, container, fromMs: openedAtMs }, signal);
  if (events?.some((event) => event.includes('"oom"')) === true) {
    const message = "The sandbox's memory ran out, and with it went the process that holds the sandbox.";
    return failure({ boundary: "sandbox", code: "sandbox-out-of-memory", message, retryable: true });
  }
  const isStopped = events === null || events.some((event) => event.includes('"stop"'));
  return isStopped && (await goesAway(engine)) ? gone : null;
}

/** What the engine remembers of it, each as JSON; the engine ends the answer as `until` has passed. null: it did not tell. */
async function eventsOf(
  of: { readonly engine: Engine; readonly container: string; readonly fromMs: number },
  signal: AbortSignal,
): Promise<string[] | null> {
  const query = {
    since: String(Math.floor(of.fromMs / 1000) - 1),
    until: String(Math.floor(Date.now() / 1000) + 1),
    filters: JSON.stringify({ container: [of.container] }),
  };
  try {
    const lines: string[] = [];
    const answer = await of.engine.ask({ method: "GET", path: "/events", query }, signal);
    for await (const chunk of answer as AsyncIterable<Buffer>) lines.push(chunk.toString("utf8"));
    return lines;
  } catch {
    return null;
  }
}
