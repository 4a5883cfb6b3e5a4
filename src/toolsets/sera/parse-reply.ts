import { err, ok } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import type { AssistantMessage } from "../../records/message.ts";
import type { Action, FormatProblem } from "../toolset.ts";
import { blockedCommand } from "./blocked-command.ts";
import { callArguments } from "./call-arguments.ts";
import { parseEditorCall } from "./parse-editor-call.ts";
import { seraTools } from "./tools.ts";

const toolNames = [...seraTools.keys()].join(", ");

/** Which one action a reply asks for; what is wrong with it otherwise (reference.md §c.4). */
export function parseReply(reply: AssistantMessage): Result<Action, FormatProblem> {
  const [call, ...more] = reply.toolCalls;
  if (call === undefined) return err(noCall(reply));
  if (more.length > 0) return err(severalCalls(reply.toolCalls.length));
  const parameters = seraTools.get(call.name);
  if (parameters === undefined) return err(unknownTool(call.name));
  const values = callArguments(call, parameters);
  if (!values.ok) return values;
  if (call.name === "submit") return ok({ kind: "submit" });
  if (call.name === "str_replace_editor") return ok(parseEditorCall(values.value));
  return parseBash(String(values.value["command"]));
}

function parseBash(command: string): Result<Action, FormatProblem> {
  const reason = blockedCommand(command);
  if (reason === null) return ok({ kind: "bash", command });
  return err({
    code: "blocked-command",
    message: `This command was not run, because this environment does not support it: ${command}\n${reason}`,
  });
}

function noCall(reply: AssistantMessage): FormatProblem {
  if (/<tool_call>(?![^]*<\/tool_call>)/.test(reply.content)) {
    const message = "Your reply ended in the middle of a tool call, so nothing was run. Answer again with one complete call.";
    return { code: "cut-reply", message };
  }
  const message = `Your reply did not call a tool. Every reply has to make exactly ONE tool call (${toolNames}). When the work is finished, call submit.`;
  return { code: "no-call", message };
}

function severalCalls(count: number): FormatProblem {
  const message = `Your reply made ${count} tool calls and none of them was run. Every reply has to make exactly ONE; answer again with the first one you need.`;
  return { code: "several-calls", message };
}

function unknownTool(name: string): FormatProblem {
  return { code: "unknown-tool", message: `Nothing was run: there is no tool named ${JSON.stringify(name)}. The tools are ${toolNames}.` };
}
