import { err, ok, type Result } from "../base/result.ts";
import type { AssistantMessage, Message, ToolCall } from "../records/message.ts";
import type { Sample } from "../records/sample.ts";
import { assistantText } from "./assistant-text.ts";
import { resultsFollowCalls, spoken, withSystem, type HermesDrop, type HermesOptions, type HermesRow } from "./hermes.ts";
import { toolJson } from "./tool-json.ts";
import { pythonText } from "./python-text.ts";
import { xmlSystem } from "./xml-system.ts";

/** Why a sample has no row: as of hermes rows, or a value that a reader would end elsewhere or that has no plain spelling. */
export interface XmlDrop {
  readonly reason: HermesDrop["reason"] | "ambiguous-function-tags" | "value-without-spelling";
}

/** Values of these stand on lines of their own, as the authors write them (reference.md §g.3). */
const onOwnLines = new Set(["old_str", "new_str", "file_text"]);

/** A sample as the authors' `xml` row: calls as `<function=…>` text with a parameter each, results as the user's plain text. */
export function toXml(sample: Sample, options: HermesOptions): Result<HermesRow, XmlDrop> {
  if (!resultsFollowCalls(sample.messages)) return err({ reason: "results-out-of-order" });
  const given = withSystem(sample.messages);
  const failed = new Set(sample.failedSteps.map((position) => position + given.length - sample.messages.length));
  const messages: HermesRow["messages"][number][] = [];
  for (const [position, message] of given.entries()) {
    const content = contentOf(message, sample, options);
    if (!content.ok) return content;
    const role = message.role === "tool" ? "user" : message.role;
    messages.push({ role, content: content.value, ...(options.trainKey && { train: role === "assistant" && !failed.has(position) }) });
  }
  return ok({ messages, instance_id: sample.id, tool_json: sample.tools.map(toolJson) });
}

function contentOf(message: Message, sample: Sample, { reasoning }: HermesOptions): Result<string, XmlDrop> {
  if (message.role === "system") return ok(xmlSystem(message.content, sample.tools));
  if (message.role !== "assistant") return ok(message.content);
  return assistantContent(message, reasoning);
}

function assistantContent(message: AssistantMessage, reasoning: HermesOptions["reasoning"]): Result<string, XmlDrop> {
  const text = assistantText(message);
  if (!text.ok) return err({ reason: text.error });
  if (message.toolCalls.length === 0) return err({ reason: "turn-without-tool-call" });
  const said = spoken(text.value, message, reasoning);
  if (/<\/?function|<\/?parameter/.test(said)) return err({ reason: "ambiguous-function-tags" });
  const calls: string[] = [];
  for (const call of message.toolCalls) {
    const rendered = callText(call);
    if (!rendered.ok) return rendered;
    calls.push(rendered.value);
  }
  return ok([said, calls.join("\n")].filter((part) => part !== "").join("\n\n"));
}

function callText({ name, arguments: given }: ToolCall): Result<string, XmlDrop> {
  const members = objectOf(given.trim() === "" ? "{}" : given);
  if (members === null) return err({ reason: "arguments-not-a-json-object" });
  if (!/^[\w.-]+$/.test(name)) return err({ reason: "ambiguous-function-tags" });
  const lines = [`<function=${name}>`];
  for (const [key, value] of Object.entries(members)) {
    const text = pythonText(value);
    if (text === null) return err({ reason: "value-without-spelling" });
    if (!/^[\w.-]+$/.test(key) || /<\/?parameter|<\/?function/.test(text)) return err({ reason: "ambiguous-function-tags" });
    lines.push(`<parameter=${key}>${onOwnLines.has(key) ? `\n${text}\n` : text}</parameter>`);
  }
  return ok([...lines, "</function>"].join("\n"));
}

function objectOf(json: string): object | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
