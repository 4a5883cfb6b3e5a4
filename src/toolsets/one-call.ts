import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { AssistantMessage } from "../records/message.ts";
import { callArguments } from "./call-arguments.ts";
import type { CallArguments } from "./call-arguments.ts";
import type { FormatProblem } from "./toolset.ts";
import type { ToolParameters } from "./tool-schemas.ts";

export interface CheckedCall {
  readonly name: string;
  readonly values: CallArguments;
}

/** What a reply is measured by. `ending`: the sentence that says how the work is handed in. */
export interface CallRules {
  readonly tools: ToolParameters;
  readonly ending: string;
}

/** The one call of a reply, its arguments checked; what is wrong with the reply otherwise (reference.md §c.4). */
export function oneCall(reply: AssistantMessage, { tools, ending }: CallRules): Result<CheckedCall, FormatProblem> {
  const names = [...tools.keys()].join(", ");
  const [call, ...more] = reply.toolCalls;
  if (call === undefined) return err(noCall(reply, `(${names}). ${ending}`));
  if (more.length > 0) return err(severalCalls(reply.toolCalls.length));
  const parameters = tools.get(call.name);
  if (parameters === undefined) return err(unknownTool(call.name, names));
  const values = callArguments(call, parameters);
  return values.ok ? ok({ name: call.name, values: values.value }) : values;
}

function noCall(reply: AssistantMessage, rest: string): FormatProblem {
  if (/<tool_call>(?![^]*<\/tool_call>)/.test(reply.content)) {
    const message = "Your reply ended in the middle of a tool call, so nothing was run. Answer again with one complete call.";
    return { code: "cut-reply", message };
  }
  return { code: "no-call", message: `Your reply did not call a tool. Every reply has to make exactly ONE tool call ${rest}` };
}

function severalCalls(count: number): FormatProblem {
  const message = `Your reply made ${count} tool calls and none of them was run. Every reply has to make exactly ONE; answer again with the first one you need.`;
  return { code: "several-calls", message };
}

function unknownTool(name: string, names: string): FormatProblem {
  const message = `Nothing was run: there is no tool named ${JSON.stringify(name)}. The tools are ${names}.`;
  return { code: "unknown-tool", message };
}
