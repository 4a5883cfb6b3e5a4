import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { parserFor } from "../base/grammar.ts";
import type { EditorCommand } from "../toolsets/toolset.ts";
import { toolsetByName } from "../toolsets/toolsets.ts";
import { locateDefinition, outlineCommand, readOutline } from "./edits/locate.ts";
import { planEdit } from "./edits/plan-edit.ts";
import { startScriptedTeacher } from "./scripted-teacher.ts";
import type { ScriptedTeacher } from "./scripted-teacher.ts";

/** Rollouts of the scripted teacher over real files, with the real toolset and a real shell. */

const root = mkdtempSync(join(tmpdir(), "rehearsal-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const sera = toolsetByName("sera");
if (sera === null) throw new Error("there is no toolset sera");
const toolset = sera;

const python = `"""Shop."""
import functools

class Store:
    """A store."""

    def __init__(self, items):
        self.items = items

    def add(self, item, count=1):
        """Adds an item.

        Several lines.
        """
        for _ in range(count):
            self.items.append(item)
        return len(self.items)

    @property
    def size(self): return len(self.items)

class Shelf(Store):
    def add(self, item):
        return super().add(item, 2)

    @functools.lru_cache(
        maxsize=None,
    )
    async def find(
        self,
        wanted: dict[str, int],
        *,
        strict: bool = False,
    ) -> int | None:
        async def inner(x: int) -> bool:
            return x == wanted.get("a")
        for index, item in enumerate(self.items):
            if await inner(item):
                return index
        return None
`;

const script = `import { thing } from "./thing.ts";

export function clamp(value: number, low: number, high: number): number {
  if (value < low)
    return low;
  return Math.min(high, value);
}

export const double = (x: number) => x * 2;

export class Limiter<Key extends { id: string }> {
  readonly #counts = new Map<string, number>();
  private readonly onFull = (key: Key): void => {
    thing(key);
  };

  constructor(private readonly limit: number) {}

  async take({ id }: Key, count = 1): Promise<{ left: number }> {
    const used = (this.#counts.get(id) ?? 0) + count;
    this.#counts.set(id, used);
    return { left: this.limit - used };
  }

  get size(): number {
    return this.#counts.size;
  }

  static of<Key extends { id: string }>(
    limit: number,
    onFull?: (key: Key) => void,
  ): Limiter<Key> {
    clamp(limit, 0, 1);
    return new Limiter<Key>(limit);
  }
}
`;

const go = `package shop

import "fmt"

type Store struct {
\titems []string
}

// Add adds.
func (s *Store) Add(item string, count int) (int, error) {
\tfor i := 0; i < count; i++ {
\t\ts.items = append(s.items, item)
\t}
\treturn len(s.items), nil
}

func Map[A, B any](
\titems []A,
\tf func(A) B,
) []B {
\tout := make([]B, 0, len(items))
\tfor _, item := range items {
\t\tout = append(out, f(item))
\t}
\treturn out
}

func one() int { return 1 }

func Print(s fmt.Stringer) {
\tfmt.Println(s)
}
`;

const long = Array.from({ length: 400 }, (_, index) => `def step_${index}(value):\n    total = value + 1\n    return total\n\n`).join("");

const files: Readonly<Record<string, string>> = {
  "shop/store.py": python,
  "shop/long.py": long,
  "shop/windows.py": python.replaceAll("\n", "\r\n"),
  "shop/tabs.py": python.replaceAll("    ", "\t"),
  "web/limit.ts": script,
  "web/it's here/limit.js": "export function pick(list) {\n  return list[0];\n}\n",
  "cmd/store.go": go,
  "lib/store.rb": "class Store\n  def add(item)\n    @items << item\n  end\nend\n",
};

const subjects: readonly (readonly [string, string])[] = [
  ["Store.add", "shop/store.py"],
  ["Shelf.add", "shop/store.py"],
  ["Store.size", "shop/store.py"],
  ["Shelf.find", "shop/store.py"],
  ["Shelf.find.inner", "shop/store.py"],
  ["Store.__init__", "shop/store.py"],
  ["step_250", "shop/long.py"],
  ["Store.add", "shop/windows.py"],
  ["Shelf.find", "shop/tabs.py"],
  ["clamp", "web/limit.ts"],
  ["double", "web/limit.ts"],
  ["Limiter.onFull", "web/limit.ts"],
  ["Limiter.constructor", "web/limit.ts"],
  ["Limiter.take", "web/limit.ts"],
  ["Limiter.size", "web/limit.ts"],
  ["Limiter.of", "web/limit.ts"],
  ["pick", "web/it's here/limit.js"],
  ["Store.Add", "cmd/store.go"],
  ["(*Store).Add", "cmd/store.go"],
  ["Map", "cmd/store.go"],
  ["one", "cmd/store.go"],
  ["Print", "cmd/store.go"],
  ["Store#add", "lib/store.rb"],
];

interface Played {
  readonly calls: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

const Reply = z.object({
  choices: z.tuple([
    z.object({
      message: z.object({
        content: z.string(),
        reasoning_content: z.string().optional(),
        tool_calls: z
          .array(z.object({ id: z.string(), type: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) }))
          .optional(),
      }),
    }),
  ]),
});

async function ask(teacher: ScriptedTeacher, body: object): Promise<z.infer<typeof Reply>["choices"][0]["message"]> {
  const reply = await fetch(`${teacher.openaiBaseUrl}/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "scripted", ...body }),
  });
  return Reply.parse(await reply.json()).choices[0].message;
}

/** Plays a problem to its second submit; at most 40 replies. */
async function play(teacher: ScriptedTeacher, problem: string, requeries = { count: 0 }): Promise<Played> {
  const folder = mkdtempSync(join(root, "tree-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const tools = toolset.tools.map((tool) => ({ type: "function", function: tool }));
  const history: object[] = [{ role: "user", content: toolset.frame(problem) }];
  const calls: string[] = [];
  let passing: object[] = [];
  for (let turn = 0, submits = 0; turn < 40 && submits < 2; turn++) {
    const message = await ask(teacher, { messages: [...history, ...passing], tools });
    const toolCalls = (message.tool_calls ?? []).map((call) => ({ id: call.id, ...call.function }));
    const action = toolset.parse({ role: "assistant", content: message.content, reasoning: null, toolCalls });
    if (!action.ok) {
      requeries.count++;
      passing = [
        { role: "assistant", content: message.content },
        { role: "user", content: action.error.message },
      ];
      continue;
    }
    passing = [];
    if (action.value.kind === "submit") submits++;
    const observation = await perform(folder, action.value);
    calls.push(`${toolCalls[0]?.name} ${toolCalls[0]?.arguments}\n${observation}`);
    history.push({ role: "assistant", ...message }, { role: "tool", tool_call_id: toolCalls[0]?.id, content: observation });
  }
  const after = execFileSync("find", [".", "-type", "f"], { cwd: folder, encoding: "utf8" }).trim().split("\n");
  return { calls, files: Object.fromEntries(after.map((path) => [path.slice(2), readFileSync(join(folder, path), "utf8")])) };
}

type Performed = Extract<ReturnType<typeof toolset.parse>, { ok: true }>["value"];

async function perform(folder: string, action: Performed): Promise<string> {
  if (action.kind === "bash") return shell(folder, action.command);
  if (action.kind === "edit") return edit(folder, action.edit);
  return action.kind === "submit" ? (toolset.observeReview("the diff") ?? "") : action.observation;
}

function shell(folder: string, command: string): string {
  const mapped = `{ ${command.replaceAll("/testbed", folder)}\n} 2>&1 || true`;
  const output = execFileSync("sh", ["-c", mapped], { cwd: folder, encoding: "utf8" }).replaceAll(folder, "/testbed");
  return toolset.observeCommand({
    command,
    output,
    outputTail: "",
    outputBytes: Buffer.byteLength(output),
    ended: "completed",
    exitCode: 0,
    timeoutMs: 1,
  });
}

async function edit(folder: string, command: EditorCommand): Promise<string> {
  const path = command.path.replace("/testbed", folder);
  const subject = existsSync(path)
    ? ({ kind: "file", bytes: readFileSync(path) } as const)
    : ({ kind: "missing", parentExists: true } as const);
  const outcome = await toolset.edit(command, subject, []);
  if (outcome.write !== null) writeFileSync(path, outcome.write);
  return outcome.observation;
}

/** Lines that a tree has and the original has not. */
function added({ files: after }: Played): string[] {
  return Object.entries(after).flatMap(([path, text]) => {
    const before = (files[path] ?? "").split("\n");
    return text.split("\n").filter((line) => {
      const at = before.indexOf(line);
      if (at !== -1) before.splice(at, 1);
      return at === -1;
    });
  });
}

function hintFor(name: string, path: string): string {
  return `There may be a problem with input validation in the code around \`${name}\` in \`${path}\`. Values that nobody expects travel on.`;
}

async function reportOf(teacher: ScriptedTeacher, hint: string, salt: number): Promise<string> {
  const prompt = `Write a pull request about this, inside <pull_request> tags (${salt}).\n<prompt>${hint}</prompt>`;
  const { content } = await ask(teacher, { messages: [{ role: "user", content: prompt }] });
  return /<pull_request>([\s\S]*)<\/pull_request>/.exec(content)?.[1]?.trim() ?? "";
}

let teacher: ScriptedTeacher;
beforeAll(async () => {
  teacher = await startScriptedTeacher({ port: 0, seed: 11, latencyMs: 0, faults: {}, faultsInARow: 2, logPath: null });
});
afterAll(() => teacher[Symbol.asyncDispose]());

/** One function of every other language: its source, its name, and a line that the whole change adds; comments where none is named. */
const foreign: readonly (readonly [string, string, RegExp])[] = [
  ["java", "Shapes.generic", /if \(key == null\) \{/],
  ["java", "Named.title", /^ {12}\/\/ /],
  ["csharp", "Tree.Doubled", /\/\/ /],
  ["csharp", "Tree.Sum", /\/\/ /],
  ["csharp", "Tree.Later.Local", /if \(x < 0\) \{/],
  ["rust", "Tree.insert", /\/\/ /],
  ["rust", "qualified", /!items\.is_empty\(\)/],
  ["c", "plain", /\/\/ /],
  ["cpp", "Tree.make", /\/\/ /],
  ["cpp", "overloaded", /\/\/ /],
  ["ruby", "Tree.==", /# /],
  ["ruby", "Tree.[]", /# /],
  ["ruby", "Tree.initialize", /raise ArgumentError, "initialize: size is required" if size\.nil\?/],
  ["php", "plain", /if \(\$a < 0\) \{/],
  ["php", "Tree.nothing", /\/\/ /],
  ["kotlin", "plain", /require\(a >= 0\) \{ "plain: a is not valid" \}/],
  ["kotlin", "expression", /\/\/ /],
  ["swift", "plain", /precondition\(a >= 0, /],
  ["swift", "Tree.init", /precondition\(size >= 0, /],
  ["scala", "Tree.plain", /require\(a >= 0, /],
  ["scala", "Named.title", /\/\/ /],
  ["lua", "M.build", /if size == nil then/],
  ["lua", "M.insert", /if value == nil then/],
  ["bash", "plain", /# /],
  ["bash", "in_subshell", /# /],
];

const goldenFolder = new URL("../../test/golden/functions/", import.meta.url);
const endings: Readonly<Record<string, string>> = { java: "java", csharp: "cs", rust: "rs", c: "c", cpp: "cpp", ruby: "rb", php: "php" };
const moreEndings: Readonly<Record<string, string>> = { kotlin: "kt", swift: "swift", scala: "scala", lua: "lua", bash: "sh" };

describe.each(foreign)("%s: %s", (language, name, line) => {
  const ending = endings[language] ?? moreEndings[language] ?? "";
  const path = `src/shapes.${ending}`;
  const before = readFileSync(new URL(`${language}/shapes.${ending}.txt`, goldenFolder), "utf8");

  test("is changed in its language's own syntax, at itself", async () => {
    const subject = { name, path };
    const lines = before.split("\n").map((text, index) => ({ number: index + 1, text }));
    const outline = readOutline(shell(writtenTo(path, before), outlineCommand(subject)));
    const definition = locateDefinition(outline.lines, subject);
    expect(definition).not.toBeNull();
    for (const seed of [1, 2, 3]) {
      const plan = planEdit({ seed, subject, lines, definition });
      for (const kind of ["full", "partial", "wrong"] as const) {
        const edit = plan?.[kind] ?? { line: 0, removed: [], added: [], anchor: 0 };
        expect(edit.added.length).toBeGreaterThan(0);
        const after = lines
          .map(({ text }) => text)
          .toSpliced(edit.line - 1, edit.removed.length, ...edit.added)
          .join("\n");
        expect({ after, broken: await syntaxErrors(path, after) }).toEqual({ after, broken: false });
      }
      expect(plan?.full.added.map((text) => line.exec(text)?.[0])).toContainEqual(expect.any(String));
    }
  });
});

function writtenTo(path: string, text: string): string {
  const folder = mkdtempSync(join(root, "tree-"));
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  return folder;
}

describe.each(subjects)("%s in %s", (name, path) => {
  test("a first rollout edits that file alone, validly, in 6 to 14 calls, and cleans up", async () => {
    const first = await play(teacher, hintFor(name, path));
    expect(first.calls.length).toBeGreaterThanOrEqual(6);
    expect(first.calls.length).toBeLessThanOrEqual(14);
    expect(Object.keys(first.files).sort()).toEqual(Object.keys(files).sort());
    const changed = Object.keys(files).filter((file) => files[file] !== first.files[file]);
    expect(changed).toEqual([path]);
    expect(added(first).length).toBeGreaterThanOrEqual(2);
    expect(added(first).length).toBeLessThanOrEqual(6);
    expect(first.files[path]?.includes("\r\n")).toBe(files[path]?.includes("\r\n"));
    expect(await syntaxErrors(path, first.files[path] ?? "")).toBe(false);
    expect(first.calls.join("\n")).not.toMatch(/"}\nOBSERVATION:\n(sh|grep|ls|rm): /);
  });
});

const grammars: Readonly<Record<string, string>> = {
  py: "python",
  ts: "typescript",
  js: "javascript",
  go: "go",
  rb: "ruby",
  rs: "rust",
  java: "java",
  c: "c",
  cpp: "cpp",
  cs: "c_sharp",
  php: "php",
  kt: "kotlin",
  swift: "swift",
  scala: "scala",
  lua: "lua",
  sh: "bash",
};

async function syntaxErrors(path: string, text: string): Promise<boolean> {
  const parser = await parserFor(grammars[path.slice(path.lastIndexOf(".") + 1)] ?? "");
  const tree = parser.parse(text);
  const broken = tree?.rootNode.hasError ?? true;
  tree?.delete();
  return broken;
}

test("a nested name is edited at its own definition, not at one of the same name", async () => {
  const second = await play(teacher, hintFor("Shelf.add", "shop/store.py"));
  const text = second.files["shop/store.py"] ?? "";
  const before = python.slice(0, python.indexOf("class Shelf"));
  expect(text.startsWith(before)).toBe(true);
});

test.each([
  ["Store.add", "shop/store.py"],
  ["clamp", "web/limit.ts"],
  ["Map", "cmd/store.go"],
])("second rollouts over %s in %s make the same change fully, partly or not, by the draw", async (name, path) => {
  const hint = hintFor(name, path);
  const first = await play(teacher, hint);
  const target = added(first);
  const shares: number[] = [];
  for (let salt = 0; salt < 14; salt++) {
    const report = await reportOf(teacher, hint, salt);
    expect(report.split(`\`${name}\` in \`${path}\``)).toHaveLength(2);
    // A number apart, so that the first user messages differ although reports repeat.
    const second = await play(teacher, `${report}\n\n(report ${salt})`);
    const lines = added(second);
    expect(await syntaxErrors(path, second.files[path] ?? "")).toBe(false);
    shares.push(target.filter((line) => lines.includes(line)).length / target.length);
    const whole = target.every((line) => lines.includes(line));
    expect(whole ? second.files : first.files).toEqual(first.files);
  }
  expect(shares.filter((share) => share === 1).length).toBeGreaterThanOrEqual(4);
  expect(shares.filter((share) => share > 0.2 && share < 0.9).length).toBeGreaterThanOrEqual(1);
  expect(shares.filter((share) => share <= 0.4).length).toBeGreaterThanOrEqual(1);
});

test("rollouts go to the end under malformed, several and oversized replies, with the same change", async () => {
  const faults = { malformed: 0.2, several: 0.2, oversized: 0.1 };
  await using faulty = await startScriptedTeacher({ port: 0, seed: 11, latencyMs: 0, faults, faultsInARow: 2, logPath: null });
  const hint = hintFor("Limiter.take", "web/limit.ts");
  const requeries = { count: 0 };
  const under = await play(faulty, hint, requeries);
  const calm = await play(teacher, hint);
  expect(requeries.count).toBeGreaterThan(0);
  expect(under.files).toEqual(calm.files);
  expect(calm.calls.every((call) => under.calls.includes(call))).toBe(true);
});

test("a function that is not there, a file that is not there and a task that names nothing all end", async () => {
  const missing = await play(teacher, hintFor("nowhere", "shop/store.py"));
  expect(missing.calls.at(-1)).toMatch(/^submit/);
  expect(await syntaxErrors("a.py", missing.files["shop/store.py"] ?? "")).toBe(false);
  const noFile = await play(teacher, hintFor("add", "shop/none.py"));
  expect(noFile.files).toEqual(files);
  const unknown = await play(teacher, "Please do something nice.");
  expect(unknown.calls.map((call) => call.split(" ")[0])).toEqual(["bash", "submit", "submit"]);
});

test("the benchmark's script is 20 echoes and a submit", async () => {
  const bench = await play(teacher, "Measure bench:21 now.");
  expect(bench.calls).toHaveLength(22);
  expect(bench.calls[19]).toBe('bash {"command":"echo step 20"}\nOBSERVATION:\nstep 20\n');
});

test("self-checks say yes, and no to about one in twenty", async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      ask(teacher, { messages: [{ role: "user", content: `Case ${index}. Answer in <verdict> tags.` }] }),
    ),
  );
  const refused = answers.filter(({ content }) => content.includes("<verdict>no</verdict>"));
  expect(refused.length).toBeGreaterThan(1);
  expect(refused.length).toBeLessThan(25);
  expect(answers.every(({ content }) => /<verdict>(yes|no)<\/verdict>/.test(content))).toBe(true);
  expect(answers.every((answer) => answer.reasoning_content !== undefined)).toBe(true);
});
