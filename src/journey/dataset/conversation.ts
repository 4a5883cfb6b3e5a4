import type { Message } from "../../records/message.ts";
import type { Step, Transcript } from "../../records/rollout.ts";

/** What an editor call answers when it did something (reference.md §c.5); anything else refuses. */
const editorSuccess =
  /^Here's the (?:result of running|files and directories)|^<NOTE>This file is too large|^The file [^\n]* has been edited\.|^File created successfully|^Last edit to /;
const editorTool = "str_replace_editor";

/**
 * The history the model worked on: requeries were shown to it once and are no part of it (reference.md §c.4). `failedSteps`: positions of
 * the turns whose command ended with a status other than 0, by a signal or at its deadline, or whose edit was refused.
 */
export function conversation(transcript: Transcript): { readonly messages: Message[]; readonly failedSteps: number[] } {
  const messages: Message[] = [
    { role: "system", content: transcript.system },
    { role: "user", content: transcript.user },
  ];
  const failedSteps: number[] = [];
  for (const step of transcript.steps) {
    if (step.kind === "requery") continue;
    if (isFailed(step)) failedSteps.push(messages.length);
    // What only its server can read is no part of the data.
    const { signedReasoning: _, ...reply } = step.reply;
    messages.push(reply);
    if (step.kind === "submission") continue;
    messages.push({ role: "tool", content: step.observation, toolCallId: step.reply.toolCalls[0]?.id ?? "" });
  }
  return { messages, failedSteps };
}

function isFailed({ kind, ended, exitCode, reply, observation }: Step): boolean {
  if (kind !== "action") return false;
  if (ended !== null) return ended !== "completed" || exitCode !== 0;
  return reply.toolCalls[0]?.name === editorTool && !editorSuccess.test(observation.replace(/^O(?:BSERVATION:\n|bservation: )/, ""));
}
