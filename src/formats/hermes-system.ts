import type { ToolSchema } from "../records/message.ts";
import { templateJson } from "./python-json.ts";
import { toolJson } from "./tool-json.ts";

/**
 * A system text with the tools under it, byte for byte as Qwen's chat template renders them when a server is given `tools`: a student
 * trained on the row sees at inference what it saw in training (reference.md §g.5 tells of the skew otherwise).
 */
export function hermesSystem(text: string, tools: readonly ToolSchema[]): string {
  if (tools.length === 0) return text;
  const lines = [
    "# Tools",
    "",
    "You may call one or more functions to assist with the user query.",
    "",
    "You are provided with function signatures within <tools></tools> XML tags:",
    "<tools>",
    ...tools.map((tool) => templateJson(toolJson(tool))),
    "</tools>",
    "",
    "For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:",
    "<tool_call>",
    '{"name": <function-name>, "arguments": <args-json-object>}',
    "</tool_call>",
  ];
  return (text === "" ? lines : [text, "", ...lines]).join("\n");
}
