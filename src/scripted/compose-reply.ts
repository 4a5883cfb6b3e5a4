import { drawUnit } from "../base/draw.ts";
import { sha256Hex } from "../base/hash.ts";
import type { AssistantMessage, ModelReply, ToolCall } from "../records/message.ts";
import type { OfferedTool, TeacherRequest } from "./dialects/dialect.ts";
import type { ContentFault } from "./fault.ts";
import type { FaultPlan } from "./fault-plan.ts";
import { agentPlay } from "./plays/agent-play.ts";
import type { Faithfulness } from "./plays/agent-play.ts";
import { benchLength, benchPlay } from "./plays/bench-play.ts";
import { faultMark, oversizedCommand, readConversation } from "./plays/conversation.ts";
import type { Conversation } from "./plays/conversation.ts";
import { editorHands, shellHands } from "./plays/hands.ts";
import { lookAroundPlay } from "./plays/look-around-play.ts";
import { nextMove } from "./plays/move.ts";
import type { Move, Play } from "./plays/move.ts";
import { isReport, sideAnswer } from "./plays/side-answer.ts";
import type { DrawKey } from "./plays/wording.ts";
import { findSubject } from "./subject.ts";
import { cachedTokens, tokensOfBytes, tokensOfReply } from "./token-estimate.ts";

export interface ReplyInput {
  readonly request: TeacherRequest;
  /** SHA-256 of the body's bytes, and their number. */
  readonly hash: string;
  readonly bodyBytes: number;
  readonly seed: number;
  readonly plan: FaultPlan;
}

export interface ComposedReply {
  readonly reply: ModelReply;
  readonly fault: ContentFault | null;
}

/** The teacher's reply: determined by the request and the seed, and by nothing the server remembers. */
export function composeReply(input: ReplyInput): ComposedReply {
  const { request, hash, seed, plan } = input;
  const conversation = readConversation(request.messages);
  const key: DrawKey = { seed, task: sha256Hex(conversation.task) };
  const proper = properReply(request, conversation, key);
  const fault = plan.content(hash, conversation.faultyAtEnd);
  const applied = fault === null ? null : faulty({ proper, fault, hash, inARow: conversation.faultyAtEnd + 1 });
  const message = cutToLimit(applied ?? proper, request.maxOutputTokens);
  const inputTokens = tokensOfBytes(input.bodyBytes);
  const usage = { input: inputTokens, cached: cachedTokens(request.messages, inputTokens), output: tokensOfReply(message) };
  return { reply: { message, finish: finishOf(message, applied ?? proper), usage }, fault: applied === null ? null : fault };
}

function finishOf(sent: AssistantMessage, meant: AssistantMessage): ModelReply["finish"] {
  if (sent !== meant) return "length";
  return sent.toolCalls.length > 0 ? "tool-calls" : "stop";
}

function properReply(request: TeacherRequest, conversation: Conversation, key: DrawKey): AssistantMessage {
  const { tools, messages } = request;
  const offered = new Set(tools.map((tool) => tool.name));
  if (!offered.has("bash")) {
    const prompt = messages.map((message) => (message.role === "user" ? message.content : "")).join("\n");
    const answer = sideAnswer(prompt, key);
    if (answer !== null) return { role: "assistant", content: answer.text, reasoning: answer.reasoning, toolCalls: [] };
    const [tool] = tools;
    return tool === undefined || conversation.observations.length > 0 ? greeting : sampleCall(tool, key);
  }
  const move = nextMove(playOf(conversation.task, key, offered), conversation.observations);
  if (move === null) return greeting;
  const turn = conversation.observations.length;
  return messageOf(offered.has("submit") || move.tool !== "submit" ? move : submitByShell(move), callId("call", key.seed, key.task, turn));
}

const greeting: AssistantMessage = {
  role: "assistant",
  content: "This is Apprentice's scripted teacher: it plays fixed turns for trying the machine and answers no questions.",
  reasoning: null,
  toolCalls: [],
};

function playOf(task: string, key: DrawKey, offered: ReadonlySet<string>): Play {
  const length = benchLength(task);
  if (length !== null) return benchPlay(length);
  const subject = findSubject(task);
  if (subject === null) return lookAroundPlay();
  const hands = offered.has("str_replace_editor") ? editorHands : shellHands;
  return agentPlay({ key, subject, hands, faithfulness: isReport(task) ? drawnFaithfulness(key) : "full" });
}

function drawnFaithfulness({ seed, task }: DrawKey): Faithfulness {
  const unit = drawUnit(seed, "faithfulness", task);
  if (unit < 0.6) return "full";
  return unit < 0.85 ? "partial" : "wrong";
}

/** A toolset without a submit tool ends by a line that its loop looks for. */
function submitByShell(move: Move): Move {
  return { ...move, tool: "bash", input: { command: "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT" } };
}

function messageOf(move: Move, id: string): AssistantMessage {
  const call = { id, name: move.tool, arguments: JSON.stringify(move.input) };
  return { role: "assistant", content: move.text, reasoning: move.reasoning, toolCalls: [call] };
}

function callId(...parts: readonly (string | number)[]): string {
  return `call_${sha256Hex(JSON.stringify(parts)).slice(0, 16)}`;
}

/** Tools that are not an agent's: the first is called once, with a text for each text it requires. */
function sampleCall(tool: OfferedTool, { seed, task }: DrawKey): AssistantMessage {
  const { required } =
    typeof tool.parameters === "object" && tool.parameters !== null ? { required: [], ...tool.parameters } : { required: [] };
  const names: readonly unknown[] = Array.isArray(required) ? required : [];
  const input = Object.fromEntries(names.map((name) => [String(name), "scripted"]));
  return messageOf({ reasoning: "Try the tool.", text: "Calling the tool.", tool: tool.name, input }, callId("sample", seed, task));
}

interface Spoiling {
  readonly proper: AssistantMessage;
  readonly fault: ContentFault;
  readonly hash: string;
  readonly inARow: number;
}

/** Null where the fault does not apply. */
function faulty({ proper, fault, hash, inARow }: Spoiling): AssistantMessage | null {
  const [call] = proper.toolCalls;
  if (fault === "empty") return { ...proper, content: "", reasoning: `Nothing to say.${faultMark(inARow)}`, toolCalls: [] };
  if (call === undefined) return fault === "oversized" ? { ...proper, content: proper.content + padding } : null;
  if (fault === "oversized") return oversized(hash, inARow);
  const content = proper.content + faultMark(inARow);
  const renamed: ToolCall = { ...call, id: callId(fault, hash) };
  if (fault === "wrong-tool") return { ...proper, content, toolCalls: [{ ...renamed, name: "open_browser" }] };
  if (fault === "several") {
    const second = { id: callId("second", hash), name: "bash", arguments: JSON.stringify({ command: "echo a second call" }) };
    return { ...proper, content, toolCalls: [renamed, second] };
  }
  const broken = `${call.arguments.slice(0, Math.max(1, Math.ceil(call.arguments.length * 0.7) - 1))}\\`;
  return { ...proper, content, toolCalls: [{ ...renamed, arguments: broken }] };
}

/** After the answer's tags, so that the answer can still be read: 300,000 characters. */
const padding = "\nNothing more is said in this line, which is only here to be long.".repeat(4600).slice(0, 300_000);

function oversized(hash: string, inARow: number): AssistantMessage {
  const words = { reasoning: "A look at something long.", text: `Printing a long list.${faultMark(inARow)}` };
  return messageOf({ ...words, tool: "bash", input: { command: oversizedCommand } }, callId("oversized", hash));
}

/** The message as it is, or what fits: reasoning first, then text; a call that does not fit is left out. */
function cutToLimit(message: AssistantMessage, maxOutputTokens: number | null): AssistantMessage {
  if (maxOutputTokens === null || tokensOfReply(message) <= maxOutputTokens) return message;
  const characters = maxOutputTokens * 4;
  const reasoning = message.reasoning?.slice(0, characters) ?? null;
  return { ...message, reasoning, content: message.content.slice(0, Math.max(0, characters - (reasoning?.length ?? 0))), toolCalls: [] };
}
