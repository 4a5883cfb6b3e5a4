import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { toolsetByName } from "../toolsets/toolsets.ts";
import { hermesSystem } from "./hermes-system.ts";
import { readForeign, type ImportedConversation, type ImportSource } from "./read-foreign.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "apprentice-foreign-"));
});
afterEach(async () => await rm(folder, { recursive: true }));

async function read(source: ImportSource, value: unknown, name = "file.json") {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(value, null, 1));
  return await Array.fromAsync(readForeign(path, source));
}

async function conversation(source: ImportSource, value: unknown): Promise<ImportedConversation> {
  const [row] = await read(source, value);
  if (row?.read.ok !== true) throw new Error(JSON.stringify(row));
  return row.read.value;
}

async function reason(source: ImportSource, value: unknown): Promise<string> {
  const [row] = await read(source, value);
  return row === undefined || row.read.ok ? "read" : row.read.error.reason;
}

const call = (command: string): string =>
  `<tool_call>\n{"name": "bash", "arguments": {"command": ${JSON.stringify(command)}}}\n</tool_call>`;
const result = (text: string): string => `<tool_response>\n${text}\n</tool_response>`;
const sera = toolsetByName("sera")?.tools ?? [];

/** A released row whose assistant says this and is answered so. */
function seraRow(said: string, answers: readonly string[] = [result("OBSERVATION:\nok\n")], more: object = {}) {
  const messages = [
    { role: "system", content: hermesSystem("You work.", sera) },
    { role: "user", content: "<pr_description>\nIt breaks.\n</pr_description>" },
    { role: "assistant", content: said },
    ...answers.map((content) => ({ role: "user", content })),
  ];
  return { messages: JSON.stringify(messages), instance_id: "acme_lib_abcde_10000", ...more };
}

describe("the authors' rows", () => {
  test("text becomes reasoning, commentary, calls in their spelling and results; tools leave the system message", async () => {
    const said = `<think>\nwhy\n</think>\n\nI look.\n\n<tool_call>\n{"name": "bash", "arguments": {"command":   "ls \\u00e9"}}\n</tool_call>`;
    const { messages, tools, toolset, notes } = await conversation("sera", seraRow(said));
    expect(messages).toEqual([
      { role: "system", content: "You work." },
      { role: "user", content: "<pr_description>\nIt breaks.\n</pr_description>" },
      {
        role: "assistant",
        content: "I look.",
        reasoning: "why",
        toolCalls: [{ id: "call-2-0", name: "bash", arguments: '{"command":   "ls \\u00e9"}' }],
      },
      { role: "tool", content: "OBSERVATION:\nok\n", toolCallId: "call-2-0" },
    ]);
    expect([tools, toolset, notes]).toEqual([sera, "sera", []]);
  });

  test("a list of tools with line breaks inside a description is read (reference.md §g.5)", async () => {
    const row = seraRow(call("ls"));
    const broken = row.messages.replaceAll("\\\\n", "\\n");
    expect(broken).not.toBe(row.messages);
    expect((await conversation("sera", { ...row, messages: broken })).tools).toEqual(sera);
  });

  test("what the row says of its origin, and null for the rest", async () => {
    const columns = {
      func_name: "A.work",
      func_path: "lib/a.py",
      problem_statement: "It breaks.",
      rollout_patch: "diff",
      target_patch: "other",
      docker_image: "jyangballin/swesmith.x86_64.acme_1776_lib.deadbeef",
    };
    const second = await conversation("sera", seraRow(call("ls"), undefined, columns));
    expect(second).toMatchObject({ kind: "t2", patch: "diff", firstPatch: "other", problem: "It breaks.", exit: null });
    expect(second.provenance).toEqual({
      origin: "sera",
      rollout: "acme_lib_abcde_10000",
      repository: "acme/lib",
      commit: "deadbeef",
      path: "lib/a.py",
      qualifiedName: "A.work",
      language: "python",
      licence: null,
      hint: null,
      teacher: null,
      sampling: {},
      termsAllowTraining: null,
      attempt: null,
      tool: "SERA",
    });
    const first = await conversation("sera", seraRow(call("ls"), undefined, { ...columns, target_patch: "", docker_image: null }));
    expect(first).toMatchObject({
      kind: "t1",
      firstPatch: null,
      provenance: { hint: "It breaks.", repository: "acme/lib", commit: "abcde" },
    });
    const bare = await conversation("sera", seraRow(call("ls"), undefined, { instance_id: "my_org_lib_abcde_10000" }));
    expect(bare).toMatchObject({ kind: null, patch: null, provenance: { repository: null, commit: null } });
  });

  test("several calls of one turn, answered apart or in one message", async () => {
    const said = `${call("a")}\n${call("b")}`;
    const apart = await conversation("sera", seraRow(said, [result("A"), result("B")]));
    const together = await conversation("sera", seraRow(said, [`${result("A")}\n${result("B")}`]));
    expect(apart.messages.slice(3)).toEqual([
      { role: "tool", content: "A", toolCallId: "call-2-0" },
      { role: "tool", content: "B", toolCallId: "call-2-1" },
    ]);
    expect(together.messages).toEqual(apart.messages);
  });

  test("a closing tag inside an argument, and a tag that prose mentions", async () => {
    const { messages } = await conversation("sera", seraRow(`Tags like <tool_call> are odd.\n\n${call("grep '</tool_call>'")}`));
    expect(messages[2]).toMatchObject({
      content: "Tags like <tool_call> are odd.",
      toolCalls: [{ arguments: '{"command": "grep \'</tool_call>\'"}' }],
    });
  });

  test("a result may hold the tags of results", async () => {
    const { messages } = await conversation("sera", seraRow(call("cat x"), [result("</tool_response>\n<tool_response>")]));
    expect(messages[3]).toMatchObject({ content: "</tool_response>\n<tool_response>" });
  });

  test("structured rows, with contents in parts and ids of several kinds", async () => {
    const calls = [{ id: "c1", type: "function", function: { name: "submit", arguments: "{}" } }];
    const submit = { role: "assistant", content: "<think>x</think>Done.", tool_calls: calls };
    const messages = [
      { role: "system", content: "S" },
      { role: "user", content: [{ type: "text", text: "Do it." }] },
      submit,
      { role: "tool", content: [{ type: "text", text: "OBSERVATION:\nreview" }], tool_call_ids: ["c1"] },
      submit,
      { role: "tool", content: "OBSERVATION:\ndiff", tool_call_ids: ["c1"] },
    ];
    const read = await conversation("sera", { messages });
    expect(read).toMatchObject({ exit: "submitted", toolset: "sera", notes: ["tools-of-our-toolset"] });
    expect(read.messages[2]).toEqual({
      role: "assistant",
      content: "Done.",
      reasoning: "x",
      toolCalls: [{ id: "c1", name: "submit", arguments: "{}" }],
    });
    expect(read.messages[3]).toEqual({ role: "tool", content: "OBSERVATION:\nreview", toolCallId: "c1" });
  });

  test.each([
    ["not-a-row", { text: "x" }],
    ["no-messages", { messages: "{" }],
    ["no-messages", { messages: [] }],
    ["no-assistant-turn", { messages: [{ role: "user", content: "x" }] }],
    ["no-user-message", { messages: [{ role: "assistant", content: "x" }] }],
    ["unknown-role", { messages: [{ role: "ipython", content: "x" }] }],
    ["content-not-text", { messages: [{ role: "user", content: [{ type: "image_url", image_url: {} }] }] }],
    ["ambiguous-think-tags", seraRow(`first <think>x</think>\n\n${call("ls")}`)],
    ["ambiguous-think-tags", seraRow(`<think>x\n\n${call("ls")}`)],
    ["ambiguous-think-tags", seraRow(`<think><think>x</think>\n\n${call("ls")}`)],
    ["bad-tool-call", seraRow("<tool_call>\n{'name': 'bash'}\n</tool_call>")],
    ["bad-tool-call", seraRow('<tool_call>\n{"name": "bash", "arguments": []}\n</tool_call>')],
    ["unclosed-tool-call", seraRow('<tool_call>\n{"name": "bash", "arguments": {}}')],
    ["text-after-tool-call", seraRow(`${call("ls")}\nAnd so on.`)],
    ["xml-tool-calls", seraRow("<function=bash>\n<parameter=command>ls</parameter>\n</function>")],
    ["call-without-result", seraRow(`${call("a")}\n${call("b")}`, [result("A"), "No result."])],
    ["call-without-result", seraRow(call("a"), ["No result."])],
  ])("refused by name: %s", async (expected, row) => {
    expect(await reason("sera", row)).toBe(expected);
  });

  test("rows of a list are told apart by their place", async () => {
    const rows = await read("sera", [seraRow(call("a")), { messages: [] }, seraRow(call("b"), undefined, { instance_id: null })]);
    expect(rows.map(({ line, read: { ok } }) => [line, ok])).toEqual([
      [1, true],
      [2, false],
      [3, true],
    ]);
    expect(rows[2]?.read).toMatchObject({ value: { provenance: { rollout: "file:3" } } });
  });
});

describe("SWE-agent", () => {
  const golden = join(import.meta.dirname, "../../test/golden/formats");
  const trajectory = async (name: string): Promise<object> => {
    const { input } = JSON.parse(await readFile(join(golden, name), "utf8")) as { readonly input: object };
    return input;
  };

  test("history, not the steps that were asked again", async () => {
    const read = await conversation("swe-agent", {
      ...(await trajectory("1_sweagent_edit.json")),
      environment: "acme__lib-7",
      info: { exit_status: "submitted (exit_cost)", submission: "diff --git a/x b/x\n", swe_agent_version: "1.1.0" },
      trajectory: [{ action: "x", observation: "y", response: "z" }],
      replay_config: JSON.stringify({
        agent: { model: { name: "openai/some", temperature: 0.6, api_key: "k" } },
        env: { repo: { github_url: "https://github.com/acme/lib", base_commit: "c0ffee" } },
        problem_statement: { text: "Rename." },
      }),
    });
    expect(read).toMatchObject({
      kind: null,
      exit: "submitted (exit_cost)",
      patch: "diff --git a/x b/x\n",
      toolset: "sera",
      problem: "Rename.",
      provenance: {
        rollout: "acme__lib-7",
        teacher: "openai/some",
        sampling: { temperature: 0.6 },
        repository: "acme/lib",
        commit: "c0ffee",
        tool: "swe-agent 1.1.0",
      },
    });
    expect(read.messages.map(({ role }) => role)).toEqual([
      "system",
      "user",
      ...Array.from({ length: 3 }, () => ["assistant", "tool"]).flat(),
    ]);
    expect(read.messages[3]).toEqual({ role: "tool", content: "OBSERVATION:\n/testbed/geo/box.py", toolCallId: "call_1" });
  });

  test("words that no model said are left out, counted", async () => {
    const read = await conversation("swe-agent", await trajectory("6_cost_limit.json"));
    expect(JSON.stringify(read.messages)).not.toContain("Exit due to");
    expect(read.notes).toContain("harness-messages-left-out");
  });

  test("reasoning from signed blocks; demonstrations left out; an image refused", async () => {
    const said = {
      role: "assistant",
      content: "x",
      thinking_blocks: [{ type: "thinking", thinking: "deep", signature: "s" }],
      tool_calls: [],
    };
    const history = [
      { role: "system", content: "s" },
      { role: "user", content: "example", is_demo: true },
      { role: "user", content: "u" },
      said,
    ];
    const read = await conversation("swe-agent", { history });
    expect(read.messages.at(-1)).toEqual({ role: "assistant", content: "x", reasoning: "deep", toolCalls: [] });
    expect([read.messages.length, read.notes]).toEqual([3, ["demonstrations-left-out", "tools-not-known"]]);
    expect(await reason("swe-agent", { history: [{ role: "user", content: [{ type: "image_url" }] }] })).toBe("content-not-text");
  });

  test("older versions: actions as text, results as the user's messages", async () => {
    const history = [
      { role: "system", content: "s", agent: "primary" },
      { role: "user", content: "u" },
      { role: "assistant", content: "I look.\n```\nls\n```", thought: "I look.\n", action: "ls\n" },
      { role: "user", content: "a.py" },
    ];
    const read = await conversation("swe-agent", { history, environment: "main" });
    expect(read.messages.slice(2)).toEqual([
      {
        role: "assistant",
        content: "I look.",
        reasoning: null,
        toolCalls: [{ id: "call-2-0", name: "bash", arguments: '{"command":"ls"}' }],
      },
      { role: "tool", content: "a.py", toolCallId: "call-2-0" },
    ]);
    expect([read.notes, read.provenance.rollout]).toEqual([["text-calls-made-calls", "tools-of-our-toolset"], "file"]);
  });
});

describe("mini-swe-agent", () => {
  const info = {
    config: {
      model: {
        model_name: "some/model",
        model_kwargs: { temperature: 0, drop_params: true },
        format_error_template: "Tool call error:\n{{error}}",
      },
      environment: { image: "docker.io/swebench/sweb.eval.x86_64.acme_1776_lib-12:latest" },
    },
    mini_version: "2.2.7",
    exit_status: "Submitted",
    submission: "diff",
  };
  const bash = (id: string, command: string) => ({
    id,
    type: "function",
    function: { name: "bash", arguments: JSON.stringify({ command }) },
  });

  test("format 1.1: the last message says how it ended; what was asked again is left out", async () => {
    const read = await conversation("mini-swe-agent", {
      info,
      instance_id: "acme__lib-12",
      trajectory_format: "mini-swe-agent-1.1",
      messages: [
        { role: "system", content: "s" },
        { role: "user", content: "u" },
        { role: "user", content: "Tool call error:\n\nno call" },
        {
          role: "assistant",
          content: "I look.",
          reasoning_content: "why",
          tool_calls: [bash("c1", "a"), bash("c2", "b")],
          extra: { cost: 1 },
        },
        { role: "tool", tool_call_id: "c2", content: "<returncode>0</returncode>\n<output>\nB</output>" },
        { role: "tool", tool_call_id: "c1", content: "<returncode>1</returncode>\n<output>\nA</output>" },
        { role: "assistant", content: null, tool_calls: [bash("c3", "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT")] },
        { role: "exit", content: "diff", extra: { exit_status: "Submitted", submission: "the diff" } },
      ],
    });
    expect(read).toMatchObject({
      exit: "submitted",
      patch: "the diff",
      toolset: "mini",
      notes: ["requeries-left-out", "tools-of-our-toolset"],
      provenance: {
        repository: "acme/lib",
        teacher: "some/model",
        sampling: { temperature: 0 },
        tool: "mini-swe-agent 2.2.7",
        rollout: "acme__lib-12",
      },
    });
    expect(read.messages.slice(2)).toMatchObject([
      { role: "assistant", reasoning: "why", toolCalls: [{ id: "c1" }, { id: "c2" }] },
      { role: "tool", toolCallId: "c1", content: expect.stringContaining("A") },
      { role: "tool", toolCallId: "c2" },
      { role: "assistant", content: "", toolCalls: [{ id: "c3" }] },
    ]);
  });

  test("older forms: a thought and one fenced command a turn", async () => {
    const messages = [
      { role: "system", content: "s" },
      { role: "user", content: "u" },
      { role: "assistant", content: "No command." },
      { role: "user", content: "Please provide EXACTLY ONE action." },
      { role: "assistant", content: "THOUGHT: I look.\n\n```bash\nls -la\n```" },
      { role: "user", content: "<returncode>0</returncode>\n<output>\nx\n</output>" },
      { role: "assistant", content: "Done.\n```mswea_bash_command\necho COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT\n```" },
      { role: "user", content: "the patch" },
    ];
    const read = await conversation("mini-swe-agent", { messages, info: { exit_status: "LimitsExceeded", submission: "" } });
    expect(read.messages.slice(2)).toEqual([
      {
        role: "assistant",
        content: "I look.",
        reasoning: null,
        toolCalls: [{ id: "call-2-0", name: "bash", arguments: '{"command":"ls -la"}' }],
      },
      { role: "tool", content: messages[5]?.content, toolCallId: "call-2-0" },
      { role: "assistant", content: "Done.", reasoning: null, toolCalls: [expect.objectContaining({ name: "bash" })] },
    ]);
    expect(read).toMatchObject({ exit: "LimitsExceeded", patch: "" });
    expect(
      Object.fromEntries(
        Map.groupBy(read.notes, (note) => note)
          .entries()
          .map(([note, all]) => [note, all.length]),
      ),
    ).toEqual({
      "requeries-left-out": 2,
      "text-calls-made-calls": 2,
      "harness-messages-left-out": 1,
      "tools-of-our-toolset": 1,
    });
    const alone = await conversation("mini-swe-agent", messages);
    expect([alone.messages, alone.exit, alone.patch]).toEqual([read.messages, null, null]);
  });
});

describe("OpenHands", () => {
  const tool = {
    type: "function",
    function: { name: "execute_bash", description: "runs", parameters: { type: "object", properties: {} } },
  };
  const response = (id: string, ...calls: string[]) => ({
    id,
    model: "some/model",
    choices: [
      {
        message: {
          role: "assistant",
          content: `text of ${id}`,
          tool_calls: calls.map((call) => ({
            id: call,
            type: "function",
            function: { name: "execute_bash", arguments: '{"command": "ls"}' },
          })),
        },
      },
    ],
  });
  const called = (reply: object, call: string) => ({
    function_name: "execute_bash",
    tool_call_id: call,
    model_response: reply,
    total_calls_in_response: 1,
  });
  const both = response("r1", "c1", "c2");
  const events = [
    { id: 0, source: "agent", action: "system", args: { content: "You are.", tools: [tool], openhands_version: "0.55.0" } },
    { id: 1, source: "user", action: "message", args: { content: "Fix it." } },
    { id: 2, source: "environment", observation: "agent_state_changed", content: "", extras: {} },
    { id: 3, source: "agent", action: "run", args: { command: "ls" }, tool_call_metadata: called(both, "c1") },
    {
      id: 4,
      source: "agent",
      cause: 3,
      observation: "run",
      content: "a.py",
      extras: { metadata: { exit_code: 1, working_dir: "/w", prefix: "", suffix: "" } },
      tool_call_metadata: called(both, "c1"),
    },
    { id: 5, source: "agent", action: "run", args: { command: "ls" }, tool_call_metadata: called(both, "c2") },
    { id: 6, source: "agent", cause: 5, observation: "error", content: "bad", tool_call_metadata: called(both, "c2") },
    { id: 7, source: "agent", action: "finish", args: {}, tool_call_metadata: called(response("r2", "c3"), "c3") },
  ];

  test("a list of actions and observations: one turn a reply, results as the agent saw them", async () => {
    const read = await conversation("openhands", events);
    expect(read.messages).toMatchObject([
      { role: "system", content: "You are." },
      { role: "user", content: "Fix it." },
      { role: "assistant", content: "text of r1", toolCalls: [{ id: "c1" }, { id: "c2" }] },
      { role: "tool", toolCallId: "c1", content: "a.py\n[Current working directory: /w]\n[Command finished with exit code 1]" },
      { role: "tool", toolCallId: "c2", content: "bad\n[Error occurred in processing last action]" },
      { role: "assistant", content: "text of r2", toolCalls: [{ id: "c3" }] },
    ]);
    expect(read).toMatchObject({
      exit: "submitted",
      tools: [tool.function],
      toolset: null,
      notes: [],
      provenance: { teacher: "some/model", tool: "openhands 0.55.0", rollout: "file" },
    });
  });

  test("a row of an evaluation: pairs, patch, instance and settings", async () => {
    const read = await conversation("openhands", {
      instance_id: "acme__lib-3",
      instance: { repo: "acme/lib", base_commit: "c0ffee", problem_statement: "It breaks." },
      metadata: { llm_config: { model: "a/b", temperature: 0 } },
      test_result: { git_patch: "diff" },
      history: [[events[1], events[2]], events.slice(3, 5), events.slice(5, 7)],
    });
    expect(read).toMatchObject({
      patch: "diff",
      exit: null,
      problem: "It breaks.",
      provenance: { rollout: "acme__lib-3", repository: "acme/lib", commit: "c0ffee", teacher: "a/b", sampling: { temperature: 0 } },
    });
    expect(read.messages).toHaveLength(4);
  });

  test("actions without a reply become calls of the tools they stand for; others are refused", async () => {
    const plain = [
      events[1],
      { id: 3, source: "agent", action: "run", args: { command: "ls", thought: "I look.", blocking: false } },
      { id: 4, source: "agent", cause: 3, observation: "run", content: "a.py", extras: {} },
      { id: 5, source: "user", action: "run", args: { command: "pwd" } },
    ];
    const read = await conversation("openhands", plain);
    expect(read.messages.slice(1)).toEqual([
      {
        role: "assistant",
        content: "I look.",
        reasoning: null,
        toolCalls: [{ id: "event-3", name: "execute_bash", arguments: '{"command":"ls"}' }],
      },
      { role: "tool", content: "a.py", toolCallId: "event-3" },
    ]);
    expect(read.notes).toEqual(["text-calls-made-calls", "events-left-out", "tools-not-known"]);
    expect(await reason("openhands", [events[1], { source: "agent", action: "delegate", args: {} }])).toBe("action-without-call");
  });

  test("version 1: events by kind", async () => {
    const action = (id: string, reply: string, name = "terminal") => ({
      kind: "ActionEvent",
      source: "agent",
      thought: [{ type: "text", text: `thought ${id}` }],
      reasoning_content: "why",
      tool_name: name,
      tool_call_id: id,
      tool_call: { id, name, arguments: '{"command":"ls"}', origin: "completion" },
      llm_response_id: reply,
    });
    const history = [
      { kind: "SystemPromptEvent", source: "agent", system_prompt: { type: "text", text: "You are." }, tools: [tool] },
      {
        kind: "MessageEvent",
        source: "user",
        llm_message: { role: "user", content: [{ type: "text", text: "Fix it." }] },
        extended_content: [{ text: "Hint." }],
      },
      { kind: "ConversationStateUpdateEvent", source: "environment", key: "x" },
      action("c1", "r1"),
      action("c2", "r1"),
      {
        kind: "ObservationEvent",
        tool_call_id: "c1",
        observation: { kind: "X", output: "a.py", metadata: { exit_code: 0, suffix: "\n[done]" } },
      },
      { kind: "AgentErrorEvent", tool_call_id: "c2", error: "no such tool" },
      { kind: "Condensation", source: "environment", summary: "x" },
      action("c3", "r2", "finish"),
      { kind: "ObservationEvent", tool_call_id: "c3", observation: { content: [{ type: "text", text: "bye" }] } },
    ];
    const read = await conversation("openhands", { history, metadata: { llm: { model: "a/b" } } });
    expect(read.messages).toMatchObject([
      { role: "system", content: "You are." },
      { role: "user", content: "Fix it.\n\nHint." },
      { role: "assistant", content: "thought c1\nthought c2", reasoning: "why", toolCalls: [{ id: "c1" }, { id: "c2" }] },
      { role: "tool", toolCallId: "c1", content: "a.py\n[done]\n[Command finished with exit code 0]" },
      { role: "tool", toolCallId: "c2", content: "no such tool" },
      { role: "assistant", toolCalls: [{ id: "c3", name: "finish" }] },
      { role: "tool", content: "bye" },
    ]);
    expect(read).toMatchObject({ exit: "submitted", notes: ["events-left-out"], provenance: { teacher: "a/b" } });
  });

  test.each([
    ["no-messages", { history: [] }],
    ["no-messages", { text: "x" }],
    ["not-a-row", { history: [{ action: 5 }] }],
    ["result-without-call", [events[1], { ...events[4], cause: 77 }]],
  ])("refused by name: %s", async (expected, value) => {
    expect(await reason("openhands", value)).toBe(expected);
  });
});
