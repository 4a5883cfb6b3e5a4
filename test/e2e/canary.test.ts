import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join, relative } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { createBubblewrap } from "../../src/sandbox/bubblewrap/bubblewrap.ts";
import { whyUnable } from "../../src/sandbox/why-unable.conformance.ts";
import { call, result, temporaryFolder, type Ended } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

const noBubblewrap = await whyUnable(createBubblewrap());

const key = 'cAnary/51+c0ffee="77<&>9dZq';
const placeholder = "[env:CANARY]";

/** The key as servers, shells and programs write it. */
const forms: readonly string[] = [
  key,
  JSON.stringify(key).slice(1, -1),
  JSON.stringify(JSON.stringify(key).slice(1, -1)).slice(1, -1),
  encodeURIComponent(key),
  encodeURIComponent(key).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  "cAnary/51+c0ffee=&quot;77&lt;&amp;&gt;9dZq",
  Buffer.from(key).toString("base64"),
  Buffer.from(`user:${key}`).toString("base64"),
  Buffer.from(`u:${key}:x`).toString("base64url"),
  Buffer.from(key).toString("hex"),
];

/** Parts of these forms that stand for the key however it is wrapped: none of them may be anywhere. */
const traces: readonly string[] = [
  "51+c0ffee",
  "51%2Bc0ffee",
  "51%2bc0ffee",
  Buffer.from(key).toString("base64").slice(3, -4),
  Buffer.from(`user:${key}`).toString("base64").slice(10, -4),
  Buffer.from(`u:${key}:x`).toString("base64url").slice(6, -6),
  Buffer.from("51+c0ffee").toString("hex"),
];

interface Asked {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools?: readonly unknown[];
}

/** A teacher that says the key in every way it can. `refuses`: it answers 401 to everything. */
async function startEcho({ refuses = false } = {}): Promise<{ url: string; close(): void }> {
  const failedOnce = new Set<string>();
  const answer = (body: string, request: IncomingMessage, response: ServerResponse): void => {
    // Whoever asks for the list of models sends no body.
    const asked: Asked = body === "" ? { messages: [] } : (JSON.parse(body) as Asked);
    const opening = JSON.stringify(asked.messages.slice(0, 2));
    const shown = `${forms.join(" ")} ${request.headers.authorization} ${request.url}`;
    for (const [index, form] of forms.entries()) response.setHeader(`x-echo-${index}`, form);
    response.setHeader("content-type", "application/json");
    const fails = /main\.go/.test(opening) ? 400 : failedOnce.has(opening) ? null : 500;
    failedOnce.add(opening);
    if (refuses || fails !== null) {
      response.statusCode = refuses ? 401 : (fails ?? 500);
      // Short, because a message repeats only the beginning of a server's words.
      response.end(JSON.stringify({ error: { message: `${forms[7]} ${forms[9]} ${forms[0]} ${shown}` } }));
      return;
    }
    response.setHeader("content-type", "text/event-stream");
    for (const delta of deltasOf(asked, shown)) response.write(`data: ${JSON.stringify({ id: "x", choices: [{ index: 0, delta }] })}\n\n`);
    const finish_reason = (asked.tools ?? []).length > 0 ? "tool_calls" : "stop";
    const usage = { prompt_tokens: 9, completion_tokens: 9 };
    response.end(`data: ${JSON.stringify({ id: "x", choices: [{ index: 0, delta: {}, finish_reason }], usage })}\n\ndata: [DONE]\n\n`);
  };
  const server = createServer((request, response) => void text(request).then((body) => answer(body, request, response)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/${encodeURIComponent(key)}/v1`, close: () => server.close() };
}

/** A reply in pieces of five characters, so that the key is never in one of them. */
function deltasOf({ messages, tools = [] }: Asked, shown: string): object[] {
  const pieces = (words: string): string[] => words.match(/[^]{1,5}/g) ?? [];
  const said = tools.length > 0 ? shown : `<verdict>yes</verdict>\n<pull_request>\n# Title\n\n${shown}\n</pull_request>`;
  const deltas: object[] = [
    ...pieces(`I know ${shown}`).map((reasoning_content) => ({ reasoning_content })),
    ...pieces(said).map((content) => ({ content })),
  ];
  if (tools.length === 0) return deltas;
  const turn = messages.filter(({ role }) => role === "assistant").length;
  const edit = "printf 'x = 1\\n' >> app/prices.py";
  const script = [`printf '%s\\n' '${shown.replaceAll("'", "")}'`, `printf '%s' '${key}' | base64; ${edit}`][turn];
  const [name, given] = script === undefined ? ["submit", {}] : ["bash", { command: script }];
  const call = { index: 0, id: `call-${turn}`, type: "function" };
  const [first = "", ...rest] = pieces(JSON.stringify(given));
  return [
    ...deltas,
    { tool_calls: [{ ...call, function: { name, arguments: first } }] },
    ...rest.map((piece) => ({ tool_calls: [{ index: 0, function: { arguments: piece } }] })),
  ];
}

/** Everything a run folder may hold, by what writes it. A file that none of these names has a writer that nobody has tried. */
const writers: Readonly<Record<string, RegExp>> = {
  ledger: /^ledger\.sqlite(-wal|-shm)?$/,
  journal: /^journal\//,
  artifacts: /^artifacts\//,
  samples: /^dataset\/samples\.jsonl$/,
  hermes: /^dataset\/hermes\.jsonl$/,
  messages: /^dataset\/messages\.jsonl$/,
  report: /^report\.html$/,
  log: /^log\.jsonl$/,
  config: /^config\.yaml$/,
};
/** Files that hold counts, hashes, process ids, and names of the settings and of functions alone: nothing that anybody said. */
const wordless = /^(?:dataset\/(?:manifest\.json|provenance\.jsonl|README\.md)|lock|lock-holder\.json)$/;

function filesOf(folder: string): { name: string; content: string }[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return { name: relative(folder, path), content: readFileSync(path, "latin1") };
  });
}

function traced(content: string): string[] {
  return [...forms, ...traces].filter((trace) => content.includes(trace));
}

function generateArgs(repository: string, run: string, url: string): string[] {
  const teacher = ["--base-url", url, "--model", "m", "--api-key-env", "CANARY"];
  return ["generate", "--repo", repository, "--run", run, ...teacher, "--lineages", "8", "--json"];
}

const environment = { CANARY: key };

it(
  "a key that servers, models and tools say in every way is in nothing that is written",
  { timeout: 180_000, ...skippedIf(noBubblewrap) },
  async () => {
    await using folder = await temporaryFolder();
    const repository = smallRepository(join(folder.path, "repository"));
    const run = join(folder.path, "run");
    const echo = await startEcho();
    const spoken: Record<string, Ended> = {};
    spoken["generate"] = await call([...generateArgs(repository, run, echo.url), "--hold-out", "none"], { environment });
    echo.close();
    expect(result(spoken["generate"])["lineages"]).toMatchObject({ total: 8, kept: expect.toSatisfy((count: number) => count > 0) });

    const files = filesOf(run);
    expect(files.flatMap(({ name, content }) => traced(content).map((trace) => `${name}: ${trace}`))).toEqual([]);
    for (const { name } of files)
      expect(
        [...Object.values(writers), wordless].some((pattern) => pattern.test(name)),
        name,
      ).toBe(true);
    // That each writer was given the key is seen from what stands in its place.
    for (const [writer, pattern] of Object.entries(writers))
      expect(files.filter(({ name, content }) => pattern.test(name) && content.includes("env:CANARY")).length, writer).toBeGreaterThan(0);

    spoken["show"] = await call(["show", run]);
    const list = (result(await call(["show", run, "--json"]))["lineageList"] ?? []) as { key: string; state: string }[];
    for (const state of ["kept", "failed"]) {
      const { key: lineage = "" } = list.find((listed) => listed.state === state) ?? {};
      spoken[`${state} lineage`] = await call(["show", run, lineage, "--full"]);
      spoken[`${state} lineage as JSON`] = await call(["show", run, lineage, "--json"]);
    }
    const { attempts } = result(spoken["kept lineage as JSON"] as Ended) as { attempts: { firstRollout: { key: string } }[] };
    spoken["rollout"] = await call(["show", run, attempts[0]?.firstRollout.key ?? "", "--full"]);
    spoken["verify"] = await call(["verify", run, "--json"]);
    spoken["report"] = await call(["report", run, "--out", join(folder.path, "out.html"), "--json"]);
    const formats = ["canonical", "hermes", "messages"].flatMap((format) => ["--format", format]);
    spoken["export"] = await call(["dataset", "export", run, ...formats, "--out", join(folder.path, "out"), "--flagged", "keep"]);
    expect(result(spoken["verify"])).toEqual({ ok: true, problems: [] });
    for (const [command, { stdout, stderr, status }] of Object.entries(spoken)) {
      expect(traced(stdout + stderr), command).toEqual([]);
      expect(status, command).toBe(0);
    }
    for (const command of ["kept lineage", "failed lineage", "kept lineage as JSON", "rollout"])
      expect(spoken[command]?.stdout, command).toContain(placeholder);
    const exported = filesOf(join(folder.path, "out"));
    expect(exported.flatMap(({ content }) => traced(content))).toEqual([]);
    expect(traced(readFileSync(join(folder.path, "out.html"), "utf8"))).toEqual([]);
  },
);

it("a key that ends a run is not said at the terminal", { timeout: 60_000, ...skippedIf(noBubblewrap) }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const echo = await startEcho({ refuses: true });
  const run = join(folder.path, "run");
  const ended = await call(generateArgs(repository, run, echo.url), { environment });
  const doctor = await call(["doctor", ...generateArgs(repository, run, echo.url).slice(5, 11)], { environment });
  echo.close();
  for (const { stdout, stderr } of [ended, doctor]) expect(traced(stdout + stderr)).toEqual([]);
  expect(ended.stderr).toMatch(/Stopped: .*does not accept the key .*\[env:CANARY\]/);
  expect(doctor.stdout + doctor.stderr).toContain(placeholder);
  expect(filesOf(run).flatMap(({ content }) => traced(content))).toEqual([]);
});

it("a commit that holds the key is refused before anything of it is stored", { timeout: 60_000, ...skippedIf(noBubblewrap) }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const git = (...args: string[]): Buffer =>
    execFileSync("git", ["-C", repository, "-c", "user.name=t", "-c", "user.email=t@localhost", ...args]);
  const run = join(folder.path, "run");
  writeFileSync(join(repository, "key.bin"), Buffer.concat([Buffer.from([0, 255, 10]), Buffer.from(`k=${key}\0`)]));
  git("add", "-A");
  git("commit", "-qm", "Key");
  const args = [...generateArgs(repository, run, "http://127.0.0.1:9"), "--hold-out", "none"];
  const refused = await call(args, { environment });
  expect(refused.status).toBe(2);
  expect(refused.stderr).toMatch(/key\.bin of repository at [0-9a-f]{12} holds the value of env:CANARY/);
  expect(traced(refused.stdout + refused.stderr)).toEqual([]);
  expect(existsSync(run)).toBe(false);
  git("rm", "-q", "key.bin");
  git("commit", "-qm", "No key");
  const taken = await call(args, { environment });
  expect(taken.stderr).toMatch(/Stopped: .*127\.0\.0\.1:9/);
});

it("what is looked for is found where it is", () => {
  for (const form of forms) expect(traced(`a ${form} b`).length).toBeGreaterThan(0);
});
