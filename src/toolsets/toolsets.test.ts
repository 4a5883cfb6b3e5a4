import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import type { AssistantMessage } from "../records/message.ts";
import type { Action, CommandSeen, FormatProblem, Toolset } from "./toolset.ts";
import { toolsetByName, toolsetNames } from "./toolsets.ts";

function sera(...texts: Parameters<typeof toolsetByName> extends [string, ...infer Rest] ? Rest : never): Toolset {
  const toolset = toolsetByName("sera", ...texts);
  if (toolset === null) throw new Error("no sera");
  return toolset;
}

function reply(...calls: [name: string, args: unknown][]): AssistantMessage {
  const toolCalls = calls.map(([name, args], index) => ({
    id: `call_${index}`,
    name,
    arguments: typeof args === "string" ? args : JSON.stringify(args),
  }));
  return { role: "assistant", content: "", reasoning: null, toolCalls };
}

const action = (name: string, args: unknown): Action => unwrap(sera().parse(reply([name, args])));
function problem(message: AssistantMessage): FormatProblem {
  const parsed = sera().parse(message);
  if (parsed.ok) throw new Error(`parsed as ${JSON.stringify(parsed.value)}`);
  return parsed.error;
}

function seen(parts: Partial<CommandSeen>): CommandSeen {
  const output = parts.output ?? "";
  return {
    command: "x",
    output,
    outputTail: "",
    outputBytes: Buffer.byteLength(output),
    ended: "completed",
    exitCode: 0,
    timeoutMs: 300_000,
    ...parts,
  };
}

test("toolsets are found by name", () => {
  expect(toolsetNames).toContain("sera");
  for (const name of ["nothing", "toString", "__proto__"]) expect(toolsetByName(name)).toBeNull();
});

test("tools, parameters and required lists are the released ones", () => {
  const shapes = sera().tools.map(({ name, parameters }) => ({ name, parameters: JSON.parse(JSON.stringify(parameters)) }));
  expect(shapes).toMatchObject([
    { name: "bash", parameters: { type: "object", properties: { command: { type: "string" } }, required: ["command"] } },
    {
      name: "str_replace_editor",
      parameters: {
        type: "object",
        properties: {
          command: { type: "string", enum: ["view", "create", "str_replace", "insert", "undo_edit"] },
          view_range: { type: "array", items: { type: "integer" } },
          insert_line: { type: "integer" },
        },
        required: ["command", "path"],
      },
    },
    { name: "submit", parameters: { type: "object", properties: {} } },
  ]);
  expect(Object.keys(shapes[1]?.parameters.properties)).toEqual([
    "command",
    "path",
    "file_text",
    "old_str",
    "new_str",
    "insert_line",
    "view_range",
  ]);
  for (const tool of sera().tools) expect(tool.description).not.toBe("");
});

test("the frame holds the problem once and never looks into it", () => {
  const framed = sera().frame("cost is $& and {{workspace}} {{problem}}");
  expect(framed).toContain("<pr_description>\ncost is $& and {{workspace}} {{problem}}\n</pr_description>");
  expect(framed).toContain("<uploaded_files>\n/testbed\n</uploaded_files>");
  expect(framed.toLowerCase()).not.toContain("python");
});

test("texts are replaced one by one", () => {
  const changed = sera({ frame: "do {{problem}}", review: null, descriptions: { bash: "shell" } });
  expect(changed.frame("it")).toBe("do it");
  expect(changed.observeReview("d")).toBeNull();
  expect(changed.tools.map((tool) => tool.description)).toEqual([
    "shell",
    ...sera()
      .tools.slice(1)
      .map((tool) => tool.description),
  ]);
  expect(changed.texts.system).toBe(sera().texts.system);
});

test("the review shows the diff, the submission the patch", () => {
  expect(sera().observeReview("-a {{diff}}\n")).toMatch(/^OBSERVATION:\nThank you[^]*<diff>\n-a \{\{diff\}\}\n\n<\/diff>\n$/);
  expect(sera().observeSubmission("diff --git\n")).toBe("OBSERVATION:\ndiff --git\n");
  expect(sera().observeSubmission("")).toBe("Your last command ran successfully and did not produce any output.");
});

test("commands are observed in the released shapes", () => {
  const observe = (parts: Partial<CommandSeen>): string => sera().observeCommand(seen(parts));
  expect(observe({ output: "hi\n" })).toBe("OBSERVATION:\nhi\n");
  expect(observe({ output: "a\r\n\u001b[31mred\u001b[0m" })).toBe("OBSERVATION:\na\nred");
  expect(observe({ output: " \n", exitCode: 1 })).toBe("Your last command ran successfully and did not produce any output.");
  expect(observe({ ended: "timed-out", command: "sleep 9", output: "lost", timeoutMs: 1500, exitCode: null })).toBe(
    "OBSERVATION:\nThe command 'sleep 9' was cancelled because it took more than 1.5 seconds. Please try a different command that completes more quickly. Note: A common source of this error is if the command is interactive or requires user input (it is impossible to receive user input in the current environment, so the command will never complete).",
  );
  expect(observe({ ended: "shell-ended", output: "bye" })).toMatch(/^OBSERVATION:\nbye\nThe shell ended/);
});

test("long output is cut between characters, and output that was never received is counted", () => {
  const note = (count: number): string =>
    `<response clipped><NOTE>Observations should not exceeded 100000 characters. ${count} characters were elided. Please try a different command that produces less output or use head/tail/grep/redirect the output to a file. Do not use interactive pagers.</NOTE>`;
  const long = "😀".repeat(100_003);
  expect(sera().observeCommand(seen({ output: long }))).toBe(`Observation: ${"😀".repeat(100_000)}${note(3)}`);
  expect(sera().observeCommand(seen({ output: "a".repeat(100_000) }))).toBe(`OBSERVATION:\n${"a".repeat(100_000)}`);
  expect(sera().observeCommand(seen({ output: "abc", outputBytes: 10 }))).toBe(`Observation: abc${note(7)}`);
});

test("one call becomes one action", () => {
  expect(action("bash", { command: "ls" })).toEqual({ kind: "bash", command: "ls" });
  expect(action("submit", "")).toEqual({ kind: "submit" });
  expect(action("str_replace_editor", { command: "view", path: "/a", view_range: "[1, 2]" })).toEqual({
    kind: "edit",
    edit: { command: "view", path: "/a", range: [1, 2] },
  });
  expect(action("str_replace_editor", { command: "insert", path: "/a", insert_line: "12", new_str: "-x" })).toEqual({
    kind: "edit",
    edit: { command: "insert", path: "/a", afterLine: 12, text: "-x" },
  });
  expect(action("str_replace_editor", { command: "str_replace", path: "/a", old_str: "x", view_range: null })).toEqual({
    kind: "edit",
    edit: { command: "str_replace", path: "/a", oldText: "x", newText: "" },
  });
});

test("replies that hold no single valid call are named", () => {
  const cut = { ...reply(), content: '<tool_call>\n{"name": "ba' };
  const cases: [AssistantMessage, FormatProblem["code"]][] = [
    [reply(), "no-call"],
    [cut, "cut-reply"],
    [reply(["bash", '{"command": "ls']), "cut-reply"],
    [reply(["bash", '{"command": "a\\"}']), "cut-reply"],
    [reply(["bash", { command: "a" }], ["submit", {}]), "several-calls"],
    [reply(["shell", {}]), "unknown-tool"],
    [reply(["bash", "{'command': 'a'}"]), "bad-arguments"],
    [reply(["bash", '["ls"]']), "bad-arguments"],
    [reply(["bash", {}]), "bad-arguments"],
    [reply(["bash", { command: 5 }]), "bad-arguments"],
    [reply(["bash", { command: "a", timeout: 5 }]), "bad-arguments"],
    [reply(["submit", { now: true }]), "bad-arguments"],
    [reply(["str_replace_editor", { command: "view", path: "/a", view_range: "all" }]), "bad-arguments"],
    [reply(["str_replace_editor", { command: "insert", path: "/a", insert_line: 1.5, new_str: "" }]), "bad-arguments"],
  ];
  for (const [message, code] of cases) expect({ message, code: problem(message).code }).toEqual({ message, code });
});

test("what the editor itself refuses is its observation", () => {
  const said = (args: object): string => {
    const refused = action("str_replace_editor", args);
    return refused.kind === "invalid" ? refused.observation : refused.kind;
  };
  expect(said({ command: "create", path: "/a" })).toBe("OBSERVATION:\nParameter `file_text` is required for command: create\n");
  expect(said({ command: "insert", path: "/a", new_str: "" })).toBe(
    "OBSERVATION:\nParameter `insert_line` is required for command: insert\n",
  );
  expect(said({ command: "view", path: "a/b" })).toBe(
    "OBSERVATION:\nThe path a/b is not an absolute path, it should start with `/`. Maybe you meant /testbed/a/b?\n",
  );
  expect(said({ command: "delete", path: "/a" })).toMatch(/view, create, str_replace, insert, undo_edit\.\n$/);
});

test("commands that would wait for input are blocked by their first word and no others", () => {
  const blocked = ["vim a", "/usr/bin/vi", "\n nano x", "python", "python3 ", "/bin/bash", "sh", "su", "su root", "tail -f log", "tail -n 5 -f log",
    "tail --follow=name x", "gdb a", "less x; ls", "nohup sleep 1 &", "python -m venv v"]; // prettier-ignore
  const free = ["make", "makemigrations", "virtualenv v", "vimdiff", "python x.py", "python3 <<'E'\nprint(1)\nE", "bash -c ls", "sh <x", "echo vim",
    "tail -n 5 a", "tail a | grep -f b", "lessc a", "su -c ls", "python -m venvs", "", "node a.js"]; // prettier-ignore
  const codes = blocked.map((command) => [command, problem(reply(["bash", { command }])).code]);
  expect(codes).toEqual(blocked.map((command) => [command, "blocked-command"]));
  for (const command of free) expect(action("bash", { command })).toEqual({ kind: "bash", command });
});
