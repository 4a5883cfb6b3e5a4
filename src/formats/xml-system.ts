import type { ToolSchema } from "../records/message.ts";
import { templateJson } from "./python-json.ts";
import { toolJson } from "./tool-json.ts";

/** A system text with the tools under it and how `xml` rows call them. The words are ours; the shape of a call is the authors'. */
export function xmlSystem(text: string, tools: readonly ToolSchema[]): string {
  if (tools.length === 0) return text;
  const lines = [
    "# Functions",
    "",
    "These functions can be called:",
    "<functions>",
    ...tools.map((tool) => templateJson(toolJson(tool))),
    "</functions>",
    "",
    "A call ends the message and looks like this, with each parameter inside tags of its own:",
    "<function=name_of_function>",
    "<parameter=name_of_parameter>value</parameter>",
    "</function>",
  ];
  return (text === "" ? lines : [text, "", ...lines]).join("\n");
}
