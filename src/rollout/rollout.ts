import { deadline } from "../base/deadline.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Artifacts } from "../ledger/artifacts.ts";
import type { Journal } from "../ledger/journal.ts";
import type { Failure } from "../records/failure.ts";
import type { ModelReply } from "../records/message.ts";
import type { Rollout, RolloutExit, Transcript } from "../records/rollout.ts";
import { insideJson } from "../redact/redact-sample.ts";
import type { Redactor } from "../redact/redactor.ts";
import type { SandboxBackend, SandboxLimits, Setup, SnapshotFolder } from "../sandbox/sandbox.ts";
import type { Action, FormatProblem, Toolset } from "../toolsets/toolset.ts";
import { ask, type AskContext } from "./ask.ts";
import { reachedLimit, type RolloutLimits } from "./limits.ts";
import { sameObservation } from "./noise.ts";
import { Recording } from "./recording.ts";
import { Session, type Observed } from "./session.ts";
import { said, Workspace, type MakeDiff, type TreeDiff } from "./workspace.ts";

/** One rollout to be done: identity, what the agent is told, where it works, and what bounds it. */
export interface RolloutTask {
  readonly key: string;
  readonly lineage: string;
  readonly kind: Rollout["kind"];
  readonly attempt: number;
  readonly problem: string;
  readonly toolset: Toolset;
  readonly snapshot: SnapshotFolder;
  readonly image: string | null;
  readonly setup: Setup | null;
  readonly sandboxLimits: SandboxLimits;
  readonly limits: RolloutLimits;
  readonly openMs: number;
  readonly temperature: number;
  readonly maxOutputTokens: number | null;
}

export interface RolloutContext extends AskContext {
  /** What the teacher may not see, and how it is put back into its calls; null: it sees everything. */
  readonly redactor: Redactor | null;
  readonly sandboxes: SandboxBackend;
  readonly journal: Journal;
  readonly artifacts: Artifacts;
  readonly makeDiff: MakeDiff;
  /** Called after every model call that brought a reply. */
  readonly onStep: () => void;
}

/**
 * The agent: ask, act, observe, stop. A limit ends it with its own status and what patch there is; an err means it did
 * not finish, and a later call with the same key goes on from the journal (design §3, §5).
 */
export async function runRollout(task: RolloutTask, context: RolloutContext, signal: AbortSignal): Promise<Result<Rollout, Failure>> {
  const { snapshot, image, setup, sandboxLimits, toolset } = task;
  const opened = await context.sandboxes.open({ snapshot, image, setup, limits: sandboxLimits }, deadline(signal, task.openMs));
  if (!opened.ok) return opened;
  await using sandbox = opened.value;
  const recording = await Recording.open(task.key, context.journal);
  const session = new Session({ ...opening(task, context), tools: toolset.tools });
  const workspace = new Workspace({ sandbox, toolset, makeDiff: context.makeDiff });
  const agent = new Agent({ task, context, recording, session, workspace });
  return await agent.run(signal);
}

/** What the teacher is told at the beginning. */
function opening({ toolset, problem }: RolloutTask, { redactor }: RolloutContext): { readonly system: string; readonly user: string } {
  const user = toolset.frame(problem);
  return { system: toolset.texts.system, user: redactor?.redact(user) ?? user };
}

interface AgentParts {
  readonly task: RolloutTask;
  readonly context: RolloutContext;
  readonly recording: Recording;
  readonly session: Session;
  readonly workspace: Workspace;
}

class Agent {
  readonly #parts: AgentParts;
  readonly #startedMs: number;
  #reviewed = false;
  #submitted: TreeDiff | null = null;
  #observationWritten: Promise<void> = Promise.resolve();

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#startedMs = parts.context.clock.monotonicMs();
  }

  async run(signal: AbortSignal): Promise<Result<Rollout, Failure>> {
    const { task, session } = this.#parts;
    const inTime = deadline(signal, task.limits.rolloutMs);
    for (;;) {
      const limit = this.#limit();
      if (limit !== null) return this.#finish(limit, signal);
      const asked = await this.#ask(inTime);
      if (!asked.ok) {
        if (asked.error.code === "context-overflow") return this.#finish("exit-context", signal);
        if (asked.error.code === "cancelled" && inTime.aborted && !signal.aborted) return this.#finish("exit-wall-clock", signal);
        return asked;
      }
      const reply = asked.value;
      const action = parse(task.toolset, restored(reply, this.#parts.context.redactor));
      if (!action.ok) {
        session.requery(reply.message, action.error);
        continue;
      }
      const acted = await this.#act(action.value, signal);
      if (!acted.ok) return acted;
      session.observe(reply.message, action.value, this.#settle(this.#shown(acted.value)));
      if (this.#submitted !== null) return this.#finish("submitted", signal);
    }
  }

  #limit(): Exclude<RolloutExit, "submitted"> | null {
    const { task, session, recording, context } = this.#parts;
    const elapsedMs = context.clock.monotonicMs() - this.#startedMs;
    return reachedLimit(session.standing(recording.costUsdBefore(session.turn), elapsedMs), task.limits);
  }

  async #ask(signal: AbortSignal): Promise<Result<ModelReply, Failure>> {
    const { task, context, session, recording } = this.#parts;
    const { temperature, maxOutputTokens, toolset } = task;
    const request = { messages: session.messages, tools: toolset.tools, temperature, maxOutputTokens };
    const asking = ask({ recording, turn: session.turn, request }, context, signal);
    const [asked] = await Promise.all([asking, this.#observationWritten]);
    if (asked.ok) {
      session.count(asked.value);
      context.onStep();
    }
    return asked;
  }

  async #act(action: Action, signal: AbortSignal): Promise<Result<Observed, Failure>> {
    const { workspace } = this.#parts;
    switch (action.kind) {
      case "bash":
        return this.#run(action.command, signal);
      case "edit":
        return workspace.edit(action.edit, signal);
      case "invalid":
        return ok(said(action.observation));
      case "submit":
        return this.#submit(signal);
    }
  }

  #shown(observed: Observed): Observed {
    const { redactor } = this.#parts.context;
    return redactor === null ? observed : { ...observed, observation: redactor.redact(observed.observation) };
  }

  async #run(command: string, signal: AbortSignal): Promise<Result<Observed, Failure>> {
    const { workspace, task } = this.#parts;
    const ran = await workspace.runCommand(command, task.limits.commandMs, signal);
    if (!ran.ok || !ran.value.submits) return ran;
    const difference = await workspace.difference(true, signal);
    if (!difference.ok) return difference;
    this.#submitted = difference.value;
    return ran;
  }

  /** The first submit shows the agent its own diff, where the toolset has a review; the next one ends the rollout. */
  async #submit(signal: AbortSignal): Promise<Result<Observed, Failure>> {
    const { workspace, task } = this.#parts;
    const reviews = !this.#reviewed && task.toolset.texts.review !== null;
    const difference = await workspace.difference(!reviews, signal);
    if (!difference.ok) return difference;
    const patch = Buffer.from(difference.value.patch).toString("utf8");
    const review = reviews ? task.toolset.observeReview(patch) : null;
    this.#reviewed = true;
    if (review !== null) return ok(said(review));
    this.#submitted = difference.value;
    return ok(said(task.toolset.observeSubmission(patch)));
  }

  /**
   * Compares an observation with the recorded one, if this turn is replayed. Where they differ beyond noise, the replies
   * that followed no longer apply: they stay in the journal as superseded and the rollout goes on from here, marked.
   */
  #settle(fresh: Observed): Observed {
    const { recording, session, context } = this.#parts;
    const turn = session.turn;
    const recorded = recording.observation(turn);
    if (recorded !== null && sameObservation(recorded.observation, fresh.observation)) {
      return { ...fresh, observation: recorded.observation, ended: recorded.ended, exitCode: recorded.exitCode };
    }
    const at = context.clock.nowMs();
    const { observation, ended, exitCode } = fresh;
    const { key } = recording;
    // First, so that a kill between the two never leaves replies beside an observation that they do not answer.
    const marked = recorded === null ? null : recording.write({ kind: "superseded", key, turn: turn + 1, at });
    const write = recording.write({ kind: "observation", key, turn, observation, ended, exitCode, at });
    this.#observationWritten = Promise.all([marked, write]).then(() => undefined);
    // Awaited with the next question; until then a rejection must not count as unhandled.
    this.#observationWritten.catch(() => undefined);
    return fresh;
  }

  async #finish(exit: RolloutExit, signal: AbortSignal): Promise<Result<Rollout, Failure>> {
    const { task, context, session, recording, workspace } = this.#parts;
    await this.#observationWritten;
    const difference = this.#submitted === null ? await workspace.difference(true, signal) : ok(this.#submitted);
    if (!difference.ok) return err(difference.error);
    const { toolset } = task;
    const transcript: Transcript = {
      version: 1,
      toolset: toolset.name,
      tools: [...toolset.tools],
      ...opening(task, context),
      steps: session.steps,
    };
    return ok({
      version: 1,
      key: task.key,
      lineage: task.lineage,
      kind: task.kind,
      attempt: task.attempt,
      problem: task.problem,
      exit,
      transcript: await context.artifacts.put(JSON.stringify(transcript)),
      patch: await context.artifacts.put(difference.value.patch),
      patchSize: difference.value.size,
      finalTree: difference.value.finalTree,
      steps: session.steps.length,
      spending: recording.spending,
      contextEstimated: session.contextEstimated,
      divergedAtStep: recording.divergedAtStep,
    });
  }
}

/** The calls of a reply with what placeholders stand for. */
function restored(reply: ModelReply, redactor: Redactor | null): ModelReply {
  if (redactor === null) return reply;
  const toolCalls = reply.message.toolCalls.map((call) => ({ ...call, arguments: insideJson(call.arguments, redactor.restore) }));
  return { ...reply, message: { ...reply.message, toolCalls } };
}

/** A reply that ran out of room is never acted on: its call may be whole only by chance. */
function parse(toolset: Toolset, reply: ModelReply): Result<Action, FormatProblem> {
  if (reply.finish !== "length") return toolset.parse(reply.message);
  return err({
    code: "cut-reply",
    message:
      "Your last reply was cut off because it was too long, and nothing was done. Answer again with exactly one, shorter, tool call.",
  });
}
