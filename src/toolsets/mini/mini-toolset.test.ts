import { expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import type { AssistantMessage } from "../../records/message.ts";
import type { CommandSeen } from "../toolset.ts";
import { toolsetByName } from "../toolsets.ts";
import { miniToolset } from "./mini-toolset.ts";

const mini = miniToolset({});

function reply(...commands: unknown[]): AssistantMessage {
  const toolCalls = commands.map((command, index) => ({ id: `call_${index}`, name: "bash", arguments: JSON.stringify({ command }) }));
  return { role: "assistant", content: "", reasoning: null, toolCalls };
}

function seen(parts: Partial<CommandSeen>): CommandSeen {
  const { output = "", outputTail = "" } = parts;
  const outputBytes = Buffer.byteLength(output) + Buffer.byteLength(outputTail);
  return { command: "x", output, outputTail, outputBytes, ended: "completed", exitCode: 0, timeoutMs: 300_000, ...parts };
}

test("one tool, one text argument, one call a reply, nothing blocked", () => {
  expect(mini.tools.map(({ name, parameters }) => ({ name, required: parameters["required"] }))).toEqual([
    { name: "bash", required: ["command"] },
  ]);
  expect(unwrap(mini.parse(reply("vim a")))).toEqual({ kind: "bash", command: "vim a" });
  expect(mini.parse(reply("a", "b"))).toMatchObject({ ok: false, error: { code: "several-calls" } });
  expect(mini.parse(reply())).toMatchObject({ ok: false, error: { code: "no-call" } });
  expect(mini.parse(reply(7))).toMatchObject({ ok: false, error: { code: "bad-arguments" } });
});

test("the frame names the problem once, the workspace, and how to hand in", () => {
  const framed = mini.frame("$& {{workspace}}");
  expect(framed.split("$& {{workspace}}")).toHaveLength(2);
  expect(framed).toContain("/testbed");
  expect(framed).toContain("\necho COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT\n");
});

test("characters outside the basic plane are counted as one and never cut in two", () => {
  const output = "😀".repeat(12_000);
  const shown = mini.observeCommand(seen({ output }));
  expect(shown).toContain(`<output_head>\n${"😀".repeat(5000)}\n</output_head>\n<elided_chars>\n2000 characters elided\n</elided_chars>`);
  expect(shown).toContain(`<output_tail>\n${"😀".repeat(5000)}\n</output_tail>`);
  expect(mini.observeCommand(seen({ output: "😀".repeat(9_999) }))).not.toContain("elided");
});

test("texts given for requeries, the frame and tools stand in the place of ours, and sentences of ours go into them", () => {
  const texts = { frame: "Do {{problem}}", requery: { "no-call": "Again: {{problem}}" }, descriptions: { bash: "A shell" } };
  const toolset = toolsetByName("mini", texts);
  expect(toolset?.frame("it")).toBe("Do it");
  expect(toolset?.tools[0]?.description).toBe("A shell");
  const ours = mini.parse(reply());
  const theirs = toolset?.parse(reply());
  if (ours.ok || theirs === undefined || theirs.ok) throw new Error("a reply without a call was taken");
  expect(theirs.error).toEqual({ code: "no-call", message: `Again: ${ours.error.message}` });
  expect(toolset?.parse(reply("a", "b"))).toEqual(mini.parse(reply("a", "b")));
});
