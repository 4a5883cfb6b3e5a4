import { canonicalJson } from "../base/hash.ts";
import type { AssistantMessage, Message, ModelReply, ToolSchema } from "../records/message.ts";
import type { Step } from "../records/rollout.ts";
import type { Action, FormatProblem } from "../toolsets/toolset.ts";
import { estimateTokens, promptAfter, type Standing } from "./limits.ts";

/** What performing an action brought. `tookMs`: time of its command, 0 where none ran. */
export interface Observed {
  readonly observation: string;
  readonly ended: Step["ended"];
  readonly exitCode: number | null;
  readonly tookMs: number;
  /** The command handed the work in. */
  readonly submits: boolean;
}

/** What every prompt of a rollout begins with. */
export interface Opening {
  readonly system: string;
  readonly user: string;
  readonly tools: readonly ToolSchema[];
}

/**
 * The state of one rollout: history, steps and counters. Messages are only ever appended within a segment, so that the
 * prompt of a turn begins with the bytes of the one before (design §6); a requery's two messages are passing.
 */
export class Session {
  readonly steps: Step[] = [];
  contextEstimated = false;
  readonly #messages: Message[];
  #passing: Message[] = [];
  #nextPromptTokens: number;
  #usedTokens = 0;
  #formatErrorsInARow = 0;
  #repeatsInARow = 0;
  #timeoutsInARow = 0;
  #commandMs = 0;
  #lastSeen = "";

  constructor({ system, user, tools }: Opening) {
    this.#messages = [
      { role: "system", content: system },
      { role: "user", content: user },
    ];
    this.#nextPromptTokens = estimateTokens(system + user + JSON.stringify(tools));
  }

  /** Index of the next model call; calls of requeries count. */
  get turn(): number {
    return this.steps.length;
  }

  get messages(): readonly Message[] {
    return [...this.#messages, ...this.#passing];
  }

  standing(costUsd: number, elapsedMs: number): Standing {
    return {
      turns: this.turn,
      usedTokens: this.#usedTokens,
      nextPromptTokens: this.#nextPromptTokens,
      costUsd,
      formatErrorsInARow: this.#formatErrorsInARow,
      repeatsInARow: this.#repeatsInARow,
      timeoutsInARow: this.#timeoutsInARow,
      commandMs: this.#commandMs,
      elapsedMs,
    };
  }

  /** A reply without one valid call: the model is shown why and asked again; neither message stays. */
  requery(reply: AssistantMessage, problem: FormatProblem): void {
    const { content, reasoning, signedReasoning } = reply;
    this.steps.push({ turn: this.turn, kind: "requery", reply, observation: problem.message, ended: null, exitCode: null });
    this.#formatErrorsInARow++;
    this.#passing = [
      {
        role: "assistant",
        content: content === "" ? "(no text)" : content,
        reasoning,
        toolCalls: [],
        ...(signedReasoning === undefined ? {} : { signedReasoning }),
      },
      { role: "user", content: problem.message },
    ];
    this.#nextPromptTokens += estimateTokens(problem.message);
  }

  /** An action and its observation become part of the history. */
  observe(reply: AssistantMessage, action: Action, observed: Observed): void {
    const { observation, ended, exitCode, submits } = observed;
    this.steps.push({ turn: this.turn, kind: submits ? "submission" : "action", reply, observation, ended, exitCode });
    this.#messages.push(reply, { role: "tool", content: observation, toolCallId: reply.toolCalls[0]?.id ?? "" });
    this.#passing = [];
    this.#formatErrorsInARow = 0;
    this.#commandMs += observed.tookMs;
    this.#timeoutsInARow = ended === "timed-out" ? this.#timeoutsInARow + 1 : 0;
    const seen = canonicalJson([action, observation]);
    this.#repeatsInARow = seen === this.#lastSeen ? this.#repeatsInARow + 1 : 1;
    this.#lastSeen = seen;
    this.#nextPromptTokens += estimateTokens(observation);
  }

  /** Takes in what the server counted; where it counted nothing, the prompt is estimated and marked. */
  count(reply: ModelReply): void {
    const { usage, message } = reply;
    const calls = message.toolCalls.map((call) => call.name + call.arguments).join("");
    const written = usage.output ?? estimateTokens(message.content + (message.reasoning ?? "") + calls);
    this.#usedTokens += (usage.input ?? this.#nextPromptTokens) + written;
    const counted = promptAfter(usage);
    if (counted === null) this.contextEstimated = true;
    this.#nextPromptTokens = counted ?? this.#nextPromptTokens + written;
  }
}
