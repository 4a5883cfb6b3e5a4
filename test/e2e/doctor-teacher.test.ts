import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { call, startTeacher, temporaryFolder } from "./command-line.ts";

interface Refusing extends AsyncDisposable {
  readonly url: string;
}

/** A server that lists its models and refuses every question in one way. */
async function startRefusing(status: number, body: unknown): Promise<Refusing> {
  const server = createServer((request, response) => {
    const isListing = request.url?.includes("/models") === true;
    const listing = { data: [{ id: "glm-4.6", max_model_len: 32_768 }, { id: "\u001b[31mred" }] };
    response.writeHead(isListing ? 200 : status, { "content-type": "application/json" });
    response.end(JSON.stringify(isListing ? listing : body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.each(["openai-chat", "anthropic-messages"])(
  "doctor tries a teacher of %s and says what that took",
  { timeout: 60_000 },
  async (dialect) => {
    await using folder = await temporaryFolder();
    const log = join(folder.path, "teacher.jsonl");
    await using teacher = await startTeacher(log);
    const named = ["--base-url", teacher.url, "--dialect", dialect, "--model", "scripted"];
    const { stdout } = await call(["doctor", ...named], { folder: folder.path });
    const line = (text: string): RegExp => new RegExp(`^${text}$`, "m");
    expect(stdout).toMatch(line("ok {3}teacher scripted at 127\\.0\\.0\\.1:\\d+: answered, finish tool-calls"));
    expect(stdout).toMatch(line("ok {3}streaming: replies are streamed"));
    expect(stdout).toMatch(line("ok {3}tool calls: made"));
    expect(stdout).toMatch(line("ok {3}tool results: taken back"));
    expect(stdout).toMatch(line("ok {3}cached tokens: reported, \\d+ of the second question"));
    expect(stdout).toMatch(line("ok {3}context: not listed by the server; rollouts may fill 128000 tokens"));
    expect(stdout).toMatch(line("info spent by this check: 2 questions, \\d+ \\+ \\d+ tokens, \\$0\\.0000"));
    expect((await teacher.log()).map(({ outcome }) => outcome)).toEqual(["ok", "ok"]);
  },
);

test.each([
  [401, { error: { message: "wrong key sk-canary-doctor" } }, ["--api-key-env", "KEY"], "check the key in the variable"],
  [401, { error: { message: "no key" } }, [], "give the key: --api-key-env VAR"],
  [404, { error: { message: "The model `glm-4.5` does not exist" } }, [], "--model glm-4.6"],
  [402, { error: { message: "Insufficient balance" } }, [], "add credit"],
  [400, { error: { message: "`temperature` is deprecated for this model." } }, [], "quirks under teachers"],
  [404, { detail: "Not Found" }, [], "check --base-url and --dialect"],
])("doctor says how to mend %i %j", { timeout: 60_000 }, async (status, body, more, mend) => {
  await using folder = await temporaryFolder();
  await using server = await startRefusing(status, body);
  const named = ["--base-url", server.url, "--model", "glm-4.5", ...more];
  const options = { folder: folder.path, environment: { KEY: "sk-canary-doctor" } };
  const ended = await call(["doctor", ...named], options);
  expect(ended.status).toBe(1);
  expect(ended.stdout).toMatch(new RegExp(`^BAD {2}teacher glm-4\\.5 at [^\\n]*\\n {5}mend: .*${mend}`, "m"));
  expect(ended.stdout).toMatch(/^info spent by this check: 1 question, 0 \+ 0 tokens, \$0\.0000$/m);
  expect(ended.stdout + ended.stderr).not.toMatch(/sk-canary|\u001b/);
});
