import { err, ok } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import type { AssistantMessage } from "../../records/message.ts";
import { oneCall } from "../one-call.ts";
import type { Action, FormatProblem } from "../toolset.ts";
import { blockedCommand } from "./blocked-command.ts";
import { parseEditorCall } from "./parse-editor-call.ts";
import { seraTools } from "./tools.ts";

const rules = { tools: seraTools, ending: "When the work is finished, call submit." };

/** Which one action a reply asks for; what is wrong with it otherwise (reference.md §c.4). */
export function parseReply(reply: AssistantMessage): Result<Action, FormatProblem> {
  const call = oneCall(reply, rules);
  if (!call.ok) return call;
  const { name, values } = call.value;
  if (name === "submit") return ok({ kind: "submit" });
  if (name === "str_replace_editor") return ok(parseEditorCall(values));
  return parseBash(String(values["command"]));
}

function parseBash(command: string): Result<Action, FormatProblem> {
  const reason = blockedCommand(command);
  if (reason === null) return ok({ kind: "bash", command });
  return err({
    code: "blocked-command",
    message: `This command was not run, because this environment does not support it: ${command}\n${reason}`,
  });
}
