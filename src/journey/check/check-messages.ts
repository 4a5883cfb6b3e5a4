import { checkCall } from "./check-call.ts";
import { checkHermesCalls, checkThink, checkXmlCalls } from "./check-text-turn.ts";
import type { Tell } from "./problem-log.ts";
import type { SeenMessage, SeenRow } from "./seen-row.ts";

/** How a format of messages writes calls: as text of two kinds, or in structure. */
export type CallStyle = "hermes" | "xml" | "structured";

/** Everything about the messages of a row that a trainer, or the student behind it, would trip over. */
export function checkMessages(row: SeenRow, style: CallStyle, tell: Tell): void {
  checkRoles(row.messages, tell);
  checkTraining(row.messages, tell);
  let waiting: Waiting = { calls: 0, ids: new Set() };
  let called = 0;
  for (const [position, message] of row.messages.entries()) {
    const place = `message ${position}`;
    if (message.role !== "assistant") {
      waiting = checkAnswer({ message, place, style }, waiting, tell);
      continue;
    }
    if (waiting.calls > 0) tell("call-without-result", `${place} comes before the result of a call`);
    waiting = checkTurn({ message, place, tools: row.tools, style }, tell);
    called += waiting.calls;
  }
  // Rows of text have their tools in the system's message, and may tell them beside it too.
  const inPrompt = style !== "structured" && /<(?:tools|functions)>|<function=/.test(row.messages[0]?.text ?? "");
  if (called > 0 && !inPrompt && (row.tools ?? []).length === 0) tell("no-tools", "calls are made and the row has no tools");
}

interface Waiting {
  readonly calls: number;
  readonly ids: ReadonlySet<string>;
}

interface Asked extends Pick<SeenRow, "tools"> {
  readonly message: SeenMessage;
  readonly place: string;
  readonly style: CallStyle;
}

function checkTurn({ message, place, tools, style }: Asked, tell: Tell): Waiting {
  const turn = { text: message.text, place, tools };
  if (message.text.trim() === "" && message.calls.length === 0) tell("empty-content", `${turn.place}: the assistant says nothing`);
  checkThink(turn, tell);
  if (style === "hermes") return { calls: checkHermesCalls(turn, tell), ids: new Set() };
  if (style === "xml") return { calls: checkXmlCalls(turn, tell), ids: new Set() };
  if (/<\/?tool_call>/.test(message.text))
    tell("tool-call-as-text", `${turn.place}: a tag of a call stands in the text of a row with structured calls`);
  for (const { name, arguments: given } of message.calls) checkCall({ name, given, place: turn.place }, tools, tell);
  const ids = message.calls.flatMap(({ id }) => id ?? []);
  if (new Set(ids).size !== ids.length) tell("double-call-id", `${turn.place}: two calls have one id`);
  return { calls: message.calls.length, ids: new Set(ids) };
}

type Answer = Omit<Asked, "tools">;

/** What is left waiting for its result behind a message that is no assistant's. */
function checkAnswer({ message, place, style }: Answer, waiting: Waiting, tell: Tell): Waiting {
  const { role, text, callId } = message;
  const none: Waiting = { calls: 0, ids: new Set() };
  if (role === "system") return waiting;
  // Results of xml rows are plain text of the user.
  if (style === "xml" && role === "user") return { ...waiting, calls: Math.max(0, waiting.calls - 1) };
  if (style === "hermes") {
    const opened = /^\s*<tool_response>/.test(text);
    if (opened !== /<\/tool_response>\s*$/.test(text)) tell("unclosed-tool-response", place);
    if (opened && waiting.calls === 0) tell("result-without-call", place);
    if (!opened && waiting.calls > 0) tell("call-without-result", `${place} is no result, and a call waits for one`);
    return opened ? { ...waiting, calls: Math.max(0, waiting.calls - responses(text)) } : none;
  }
  if (role !== "tool") {
    if (waiting.calls > 0) tell("call-without-result", `${place} is no result, and a call waits for one`);
    return none;
  }
  if (waiting.calls === 0) tell("result-without-call", place);
  else if (callId !== null && waiting.ids.size > 0 && !waiting.ids.has(callId))
    tell("result-without-call", `${place} answers a call that was not made`);
  return { ...waiting, calls: Math.max(0, waiting.calls - 1) };
}

function responses(text: string): number {
  return text.split(/<\/tool_response>\s*<tool_response>/).length;
}

const roles = new Set(["system", "user", "assistant", "tool"]);

function checkRoles(messages: readonly SeenMessage[], tell: Tell): void {
  const [first] = messages;
  if (messages.length === 0) return tell("no-messages", "the row has no message");
  if (first?.role !== "system") tell("missing-system", "the first message is not of the system");
  else if (first.text.trim() === "") tell("missing-system", "the system's message is empty");
  const begin = first?.role === "system" ? 1 : 0;
  if (messages[begin] !== undefined && messages[begin].role !== "user")
    tell("role-order", `message ${begin} is of ${shown(messages[begin].role)}, not of the user`);
  for (const [position, { role }] of messages.entries()) {
    if (!roles.has(role)) tell("unknown-role", `message ${position} is of ${shown(role)}`);
    if (role === "system" && position > 0) tell("role-order", `message ${position} is of the system`);
    if (role === "assistant" && messages[position - 1]?.role === "assistant")
      tell("role-order", `messages ${position - 1} and ${position} are both of the assistant`);
  }
}

function shown(role: string): string {
  return JSON.stringify(role.slice(0, 40));
}

function checkTraining(messages: readonly SeenMessage[], tell: Tell): void {
  const hasKey = messages.some(({ train }) => train !== null);
  const trained = messages.filter(({ role, train }) => (hasKey ? train === true : role === "assistant"));
  if (messages.length > 0 && trained.length === 0) tell("no-trained-message", "no message of the row has a loss");
  const odd = messages.findIndex(({ role, train }) => train === true && role !== "assistant");
  if (odd !== -1) tell("train-on-others", `message ${odd} is not of the assistant, and is trained on`);
  if (hasKey && messages.some(({ train }) => train === null))
    tell("train-key-missing", "some messages say whether they are trained on and others do not");
}
