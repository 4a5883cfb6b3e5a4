import { err, ok } from "../../base/result.ts";
import type { Result } from "../../base/result.ts";
import type { AssistantMessage } from "../../records/message.ts";
import { workspacePath } from "../../records/workspace-path.ts";
import { fillTemplate } from "../fill-template.ts";
import { oneCall } from "../one-call.ts";
import { shippedText } from "../shipped-text.ts";
import { toolSchemas, type ToolParameters } from "../tool-schemas.ts";
import type { Action, CommandSeen, FormatProblem, Toolset, ToolsetTexts } from "../toolset.ts";
import { observeCommand } from "./observation.ts";

/** The first line of the output of the command that hands the work in. */
const submissionMark = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT";

const tools: ToolParameters = new Map([
  ["bash", [{ name: "command", type: "string", required: true, description: "The bash command to execute" }]],
]);

const rules = { tools, ending: `When the work is finished, run \`echo ${submissionMark}\`.` };

/**
 * The `mini` toolset: bash alone, each command in a shell of its own, handed in by a command (reference.md §c.8). One call a reply,
 * as the rows of training data have it. Given texts stand in for ours, one by one.
 */
export function miniToolset(given: Partial<ToolsetTexts>): Toolset {
  const ours = defaultTexts();
  const texts = { ...ours, ...given, descriptions: { ...ours.descriptions, ...given.descriptions } };
  return {
    name: "mini",
    texts,
    tools: toolSchemas(tools, texts.descriptions),
    freshShell: true,
    parse: parseReply,
    frame: (problem) => fillTemplate(texts.frame, { problem, workspace: workspacePath }),
    observeCommand,
    submits,
    edit: () => Promise.reject(new Error("the toolset mini has no editor")),
    observeReview: () => null,
    observeSubmission: (patch) => patch,
  };
}

function parseReply(reply: AssistantMessage): Result<Action, FormatProblem> {
  const call = oneCall(reply, rules);
  return call.ok ? ok({ kind: "bash", command: String(call.value.values["command"]) }) : err(call.error);
}

function submits({ ended, exitCode, output }: CommandSeen): boolean {
  return ended === "completed" && exitCode === 0 && output.trimStart().split("\n", 1)[0]?.trim() === submissionMark;
}

let loaded: ToolsetTexts | undefined;

function defaultTexts(): ToolsetTexts {
  const text = (name: string): string => shippedText(new URL(name, import.meta.url));
  loaded ??= {
    system: text("system.md"),
    frame: text("frame.md"),
    review: null,
    requery: {},
    descriptions: { bash: "Execute a bash command" },
  };
  return loaded;
}
