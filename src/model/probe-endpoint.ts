import { deadline } from "../base/deadline.ts";
import type { AssistantMessage, Message, ModelReply, ToolSchema } from "../records/message.ts";
import { addUsage, type Usage } from "../records/usage.ts";
import type { EndpointModel } from "./endpoint-model.ts";
import type { CallFailure, TurnRequest } from "./model.ts";
import type { ModelListing } from "./model-listing.ts";

/** What a run will ask for, so that a server that refuses it does so now. */
export type ProbeSettings = Pick<TurnRequest, "temperature" | "maxOutputTokens">;

/** What a second turn showed: whether the server takes its own call, a result and its reasoning back. */
export interface SecondTurn {
  readonly failure: CallFailure | null;
  readonly usage: Usage;
}

/**
 * What a server's list of models and two short questions show of it. `failure`: of the first question, which ends the probe; `streamed`
 * null: no reply came; `secondTurn` null: there was no call that it could go on from; `usage`: of all questions, unknown counts null.
 */
export interface EndpointProbe {
  readonly listing: ModelListing;
  readonly failure: CallFailure | null;
  readonly reply: ModelReply | null;
  readonly streamed: boolean | null;
  readonly secondTurn: SecondTurn | null;
  readonly questions: number;
  readonly usage: Usage;
}

const tool: ToolSchema = {
  name: "bash",
  description: "Runs a command in the shell and gives what it prints.",
  parameters: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
};
/** A list of models is at hand, or there is none. */
const listingMs = 10_000;
const opening: readonly Message[] = [
  {
    role: "system",
    content: "You are being tried out. Do what is asked with one tool call; when you have its result, answer in one word.",
  },
  { role: "user", content: "Call the tool bash once with the command: echo hello" },
];

/** Asks an endpoint two short questions, a few hundred tokens in all, and reads its list of models. Nothing is asked twice. */
export async function probeEndpoint(model: EndpointModel, settings: ProbeSettings, signal: AbortSignal): Promise<EndpointProbe> {
  const ask = (messages: readonly Message[]): ReturnType<ReturnType<EndpointModel["prepare"]>["send"]> =>
    model.prepare({ messages, tools: [tool], ...settings }).send(signal);
  const listing = await model.listing(deadline(signal, listingMs));
  const first = await ask(opening);
  if (!first.ok) {
    return { listing, failure: first.error, reply: null, streamed: null, secondTurn: null, questions: 1, usage: first.error.usage };
  }
  const { message, usage } = first.value;
  const told = { listing, failure: null, reply: first.value, streamed: model.isStreaming() };
  if (message.toolCalls.length === 0) return { ...told, secondTurn: null, questions: 1, usage };
  const second = await ask([...opening, message, ...resultsOf(message)]);
  const secondTurn = second.ok ? { failure: null, usage: second.value.usage } : { failure: second.error, usage: second.error.usage };
  return { ...told, secondTurn, questions: 2, usage: addUsage(usage, secondTurn.usage) };
}

function resultsOf({ toolCalls }: AssistantMessage): Message[] {
  return toolCalls.map(({ id }) => ({ role: "tool", content: "hello\n", toolCallId: id }));
}
