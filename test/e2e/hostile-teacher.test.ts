import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { createBubblewrap } from "../../src/sandbox/bubblewrap/bubblewrap.ts";
import { whyUnable } from "../../src/sandbox/why-unable.conformance.ts";
import { call, result, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

const noBubblewrap = await whyUnable(createBubblewrap());

interface Asked {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly tools?: readonly unknown[];
}

/** A teacher that gives the same commands in every rollout, then submits; its judge always says yes. */
async function startTeacher(commands: readonly string[]): Promise<{ server: Server; url: string }> {
  const answerWith = (body: string, response: ServerResponse): void => {
    const asked = JSON.parse(body) as Asked;
    const turn = asked.messages.filter(({ role }) => role === "assistant").length;
    const command = commands[turn];
    const [name, given] = command === undefined ? ["submit", {}] : ["bash", { command }];
    const tool_calls = [{ index: 0, id: `call-${turn}`, type: "function", function: { name, arguments: JSON.stringify(given) } }];
    const answer = "<verdict>yes</verdict>\n<pull_request>\n# Title\n\nWords.\n</pull_request>";
    const acts = (asked.tools ?? []).length > 0;
    const delta = acts ? { role: "assistant", content: "So.", tool_calls } : { role: "assistant", content: answer };
    const choices = [{ index: 0, delta, finish_reason: acts ? "tool_calls" : "stop" }];
    response.setHeader("content-type", "text/event-stream");
    response.end(`data: ${JSON.stringify({ id: "x", choices, usage: { prompt_tokens: 9, completion_tokens: 9 } })}\n\ndata: [DONE]\n\n`);
  };
  const server = createServer((request, response) => void text(request).then((body) => answerWith(body, response)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}` };
}

const key = "canary-51c0ffee77";
const edit = "printf 'x = 1\\n' >> app/prices.py";

it.each([
  ["plants a sparse file of 900 GB", [edit, "truncate -s 900G huge.bin"], "agent/change-too-large", null],
  ["writes a key that it was shown into its change", [edit, `echo ${key} | tee key.txt`], "agent/secret-in-change", null],
  ["hides its change from its own git", [edit, "printf '*\\n' > .gitignore; git add -A; git commit -qm x; rm -rf .git"], null, 2],
])("a teacher that %s", { timeout: 60_000, ...skippedIf(noBubblewrap) }, async (_, commands, reason, kept) => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const { server, url } = await startTeacher(commands);
  const config = join(folder.path, "apprentice.yaml");
  const run = join(folder.path, "run");
  await writeFile(
    config,
    `lineages: 2\nrepositories: [{ path: ${repository} }]\nteachers: [{ kind: endpoint, baseUrl: "${url}", model: m, apiKey: "env:CANARY" }]\n`,
  );
  const ended = await call(["generate", "--config", config, "--run", run, "--json"], { environment: { CANARY: key } });
  server.close();
  expect(ended.stderr).not.toContain("fault of Apprentice");
  expect(result(ended)["lineages"]).toMatchObject(kept === null ? { failed: 2, kept: 0 } : { kept, failed: 0 });
  if (reason !== null) expect((await call(["report", run])).stdout).toContain(`2 × failed: ${reason}`);
  expect(result(ended)["costUsd"]).toBeNull();
  expect(result(await call(["verify", run, "--json"]))).toEqual({ ok: true, problems: [] });
  expect(execFileSync("sh", ["-c", `grep -rlaF "${key}" "${run}" || true`], { encoding: "utf8" })).toBe("");
});
