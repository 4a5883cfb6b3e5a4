import { workspacePath } from "../../records/workspace-path.ts";
import { fillTemplate } from "../fill-template.ts";
import { toolSchemas } from "../tool-schemas.ts";
import type { Toolset, ToolsetTexts } from "../toolset.ts";
import { defaultTexts } from "./default-texts.ts";
import { runEditor } from "./editor.ts";
import { observation, observeCommand } from "./observation.ts";
import { parseReply } from "./parse-reply.ts";
import { seraTools } from "./tools.ts";

/** The `sera` toolset: bash, editor, submit with a review (reference.md §c). Given texts stand in for ours, one by one. */
export function seraToolset(given: Partial<ToolsetTexts>): Toolset {
  const ours = defaultTexts();
  const texts = { ...ours, ...given, descriptions: { ...ours.descriptions, ...given.descriptions } };
  return {
    name: "sera",
    texts,
    tools: toolSchemas(seraTools, texts.descriptions),
    freshShell: false,
    parse: parseReply,
    frame: (problem) => fillTemplate(texts.frame, { problem, workspace: workspacePath }),
    observeCommand,
    submits: () => false,
    edit: runEditor,
    observeReview: (diff) => (texts.review === null ? null : observation(`${fillTemplate(texts.review, { diff })}\n`)),
    observeSubmission: (patch) => observation(patch),
  };
}
