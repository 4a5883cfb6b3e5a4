import { z } from "zod";
import { files } from "./rehearsed-files.conformance.ts";
import { RehearsedTree, toolset } from "./rehearsed-tree.conformance.ts";
import type { ScriptedTeacher } from "./scripted-teacher.ts";

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

/** The message that a teacher answers a chat request with. */
export async function ask(teacher: ScriptedTeacher, body: object): Promise<z.infer<typeof Reply>["choices"][0]["message"]> {
  const reply = await fetch(`${teacher.openaiBaseUrl}/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "scripted", ...body }),
  });
  return Reply.parse(await reply.json()).choices[0].message;
}

/** Plays a problem to its second submit; at most 40 replies. `requeries` counts what was no valid call. */
export async function play(teacher: ScriptedTeacher, problem: string, requeries = { count: 0 }): Promise<Played> {
  using tree = new RehearsedTree(files);
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
    const observation = await tree.perform(action.value);
    calls.push(`${toolCalls[0]?.name} ${toolCalls[0]?.arguments}\n${observation}`);
    history.push({ role: "assistant", ...message }, { role: "tool", tool_call_id: toolCalls[0]?.id, content: observation });
  }
  return { calls, files: tree.files() };
}

/** Lines that a tree has and the original has not. */
export function added({ files: after }: Played): string[] {
  return Object.entries(after).flatMap(([path, text]) => {
    const before = (files[path] ?? "").split("\n");
    return text.split("\n").filter((line) => {
      const at = before.indexOf(line);
      if (at !== -1) before.splice(at, 1);
      return at === -1;
    });
  });
}

/** A bug hint at a function. */
export function hintFor(name: string, path: string): string {
  return `There may be a problem with input validation in the code around \`${name}\` in \`${path}\`. Values that nobody expects travel on.`;
}

/** The pull request that is written from a hint; `salt` makes it another request. */
export async function reportOf(teacher: ScriptedTeacher, hint: string, salt: number): Promise<string> {
  const prompt = `Write a pull request about this, inside <pull_request> tags (${salt}).\n<prompt>${hint}</prompt>`;
  const { content } = await ask(teacher, { messages: [{ role: "user", content: prompt }] });
  return /<pull_request>([\s\S]*)<\/pull_request>/.exec(content)?.[1]?.trim() ?? "";
}
