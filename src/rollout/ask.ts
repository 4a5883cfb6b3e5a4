import type { Clock } from "../base/clock.ts";
import { pause } from "../base/deadline.ts";
import { err, ok, type Result } from "../base/result.ts";
import { backOffMs } from "../model/back-off.ts";
import type { Model, ModelPool, Place, TurnOutcome, TurnRequest } from "../model/model.ts";
import type { Pricing } from "../model/pricing.ts";
import type { Budget } from "../records/budget.ts";
import { failure, type Failure } from "../records/failure.ts";
import type { ModelReply } from "../records/message.ts";
import type { Recording } from "./recording.ts";

/** Where the model is, and its price. */
export interface Teacher extends Pricing {
  readonly pool: ModelPool;
}

/** What asking needs beside the question. `tries`: requests for one reply. `pause`: how it waits between them; left out: by the clock. */
export interface AskContext {
  readonly teacher: Teacher;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly tries: number;
  readonly pause?: typeof pause;
}

export interface Question {
  readonly recording: Recording;
  readonly turn: number;
  readonly request: TurnRequest;
}

/** Requests after which a cause that concerns the whole run is believed where nothing says that it may pass. */
const triesOfDoubt = 3;
const answeredOnce = new WeakSet<Model>();

/**
 * One reply for one turn: from the journal when it is there, else bought, with retries. Every request is journaled before it is
 * sent and after it ended, so nothing paid is lost or bought twice (design §3).
 */
export async function ask(question: Question, context: AskContext, signal: AbortSignal): Promise<Result<ModelReply, Failure>> {
  const { recording, turn } = question;
  const recorded = recording.reply(turn);
  if (recorded !== null) return ok(recorded.reply);
  const wait = context.pause ?? pause;
  for (let attempt = 1; ; attempt++) {
    if (signal.aborted) return err(cancelled(context));
    const place = await context.teacher.pool.enter(recording.key, signal);
    if (place === null) return err(cancelled(context));
    const outcome = await atPlace(place, { question, context }, signal);
    if (outcome.ok) return ok(outcome.value);
    const { failure: problem, retryAfterMs } = outcome.error;
    if (!mayTryAgain(problem, attempt, { tries: context.tries, model: place.model })) return err(problem);
    const delayMs = backOffMs({ failures: attempt, retryAfterMs, jitter: Math.random() });
    // Which deadline passed meanwhile is the caller's to see, so the failure of the last try is not what ended this.
    if (!(await wait(delayMs, signal))) return err(cancelled(context));
  }
}

function cancelled({ teacher }: AskContext): Failure {
  return failure({ boundary: "model", code: "cancelled", message: `Asking ${teacher.pool.host} was given up.` });
}

interface Trying {
  readonly tries: number;
  readonly model: Model;
}

function mayTryAgain({ code, retryable, wholeRun }: Failure, attempt: number, { tries, model }: Trying): boolean {
  if (code === "cancelled" || code === "budget-spent") return false;
  if (!wholeRun) return retryable && attempt < tries;
  // A single 401 or refused connection of an endpoint that works may pass; one that never worked will not, and credit does not come back by waiting.
  const mayPass = answeredOnce.has(model) && code !== "no-credit";
  return attempt < (mayPass ? tries : Math.min(tries, triesOfDoubt));
}

interface Sending {
  readonly question: Question;
  readonly context: AskContext;
}

/** Gives the place back, whatever comes of the call. */
async function atPlace(place: Place, sending: Sending, signal: AbortSignal): Promise<TurnOutcome> {
  let outcome: TurnOutcome | null = null;
  try {
    outcome = await send(place, sending, signal);
    return place.forTheRun(outcome);
  } finally {
    place.leave(outcome);
  }
}

async function send(place: Place, { question, context }: Sending, signal: AbortSignal): Promise<TurnOutcome> {
  const { recording, turn, request } = question;
  const { teacher, budget, clock } = context;
  const { model } = place;
  const prepared = model.prepare(request);
  const estimateUsd = teacher.worstCaseUsd(request);
  const reservation = await budget.reserve(estimateUsd, signal);
  if (!reservation.ok) return err({ failure: reservation.error, usage: { input: 0, cached: 0, output: 0 }, retryAfterMs: null });
  const call = { key: recording.key, turn, try: recording.nextTry(turn) };
  let costUsd: number | null = null;
  const timed = teacher.beginCall?.(model);
  try {
    const estimate = estimateUsd === null ? {} : { estimateUsd };
    await recording.write({ kind: "intent", ...call, requestHash: prepared.hash, ...estimate, at: clock.nowMs() });
    const sent = await prepared.send(signal, () => place.heard());
    costUsd = timed?.stop() ?? teacher.costUsd(sent.ok ? sent.value.usage : sent.error.usage);
    if (sent.ok) {
      answeredOnce.add(model);
      await recording.write({ kind: "reply", ...call, reply: sent.value, costUsd, at: clock.nowMs() });
    } else {
      const { failure: problem, usage } = sent.error;
      await recording.write({ kind: "call-failure", ...call, failure: problem, usage, costUsd, at: clock.nowMs() });
    }
    return sent;
  } finally {
    timed?.stop();
    reservation.value.settle(costUsd);
  }
}
