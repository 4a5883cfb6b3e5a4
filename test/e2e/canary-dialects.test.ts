import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { createBubblewrap } from "../../src/sandbox/bubblewrap/bubblewrap.ts";
import { whyUnable } from "../../src/sandbox/why-unable.conformance.ts";
import { call, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

const noBubblewrap = await whyUnable(createBubblewrap());

/** A key with marks that JSON, URLs and HTML write otherwise. */
const key = 'canary/7f3a"91<c2&d4';
const forms = [key, JSON.stringify(key).slice(1, -1), JSON.stringify(JSON.stringify(key).slice(1, -1)).slice(1, -1)];
const spellings = [...forms, encodeURIComponent(key), key.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")];

const dialects = ["openai-chat", "anthropic-messages"] as const;
type Dialect = (typeof dialects)[number];

/** What a server does with the key that it got. */
type Echo = (response: ServerResponse, got: Got) => void;

interface Got {
  readonly dialect: Dialect;
  readonly key: string;
  readonly body: string;
}

const sse = { "content-type": "text/event-stream" };

/** The events of a reply that is a text, or a call of bash, up to its finish and from there. */
function eventsOf(dialect: Dialect, said: { text: string; command: string | null }): { before: string; end: string } {
  const given = JSON.stringify({ command: said.command });
  if (dialect === "openai-chat") {
    const event = (delta: object, finish: string | null): string =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }], usage: { prompt_tokens: 9, completion_tokens: 9 } })}\n\n`;
    const calls = said.command === null ? {} : { tool_calls: [{ index: 0, id: "c1", function: { name: "bash", arguments: given } }] };
    return { before: event({ content: said.text, reasoning_content: said.text, ...calls }, null), end: event({}, "stop") };
  }
  const event = (data: { type: string; [member: string]: unknown }): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
  const block = (index: number, content: object): string => event({ type: "content_block_start", index, content_block: content });
  const use = { type: "tool_use", id: "c1", name: "bash", input: { command: said.command } };
  const blocks = [
    block(0, { type: "thinking", thinking: said.text, signature: said.text }),
    block(1, { type: "text", text: said.text }),
    ...(said.command === null ? [] : [block(2, use)]),
  ];
  const usage = { input_tokens: 9, output_tokens: 9 };
  const start = event({ type: "message_start", message: { content: [], usage } });
  return { before: start + blocks.join(""), end: event({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage }) };
}

function errorEvent(dialect: Dialect, message: string): string {
  const error = { type: "error", error: { type: "invalid_request_error", message, code: 400 } };
  return `event: error\ndata: ${JSON.stringify(dialect === "openai-chat" ? { error: error.error } : error)}\n\n`;
}

const echoes: readonly [string, Echo][] = [
  [
    "the text of an error",
    (response, got) => {
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: `bad key "${got.key}", ${encodeURIComponent(got.key)}` } }));
    },
  ],
  [
    "headers, a redirect and a page",
    (response, got) => {
      const place = `http://127.0.0.1:1/?key=${encodeURIComponent(got.key)}`;
      response.writeHead(307, { location: place, "x-key": got.key, "content-type": "text/html" }).end(`<p>${got.key}</p>`);
    },
  ],
  [
    "an error in mid-stream",
    (response, got) => {
      const { before } = eventsOf(got.dialect, { text: "So.", command: null });
      response.writeHead(200, { ...sse, "x-key": got.key }).end(before + errorEvent(got.dialect, `the key ${got.key} is bad`));
    },
  ],
  ["a part that is no JSON", (response, got) => void response.writeHead(200, sse).end(`data: {"half": "${got.key}\n\n`)],
  [
    "a reply's words, thought and command",
    (response, got) => {
      const acts = got.body.includes('"tools"') && !got.body.includes("echoed once");
      const command = acts ? `echo 'echoed once: ${got.key}'; printf 'x = 1\\n' >> app/prices.py` : null;
      const { before, end } = eventsOf(got.dialect, { text: `<verdict>yes</verdict> ${got.key}`, command });
      response.writeHead(200, { ...sse, "x-key": got.key }).end(before + end);
    },
  ],
];

/** Ends with the address of a server that answers every request so. */
async function startEchoing(dialect: Dialect, echo: Echo): Promise<{ url: string; asked(): number } & AsyncDisposable> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    void text(request).then((body) => echo(response, { dialect, key: keyIn(request.headers), body }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: () => asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function keyIn(headers: IncomingHttpHeaders): string {
  const own = headers["x-api-key"];
  return typeof own === "string" ? own : (headers.authorization ?? "").replace("Bearer ", "");
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Files that hold a secret in any spelling, as bytes. */
function leaksIn(folder: string): string[] {
  return filesBelow(folder).filter((path) => {
    const bytes = readFileSync(path);
    return spellings.some((spelling) => bytes.includes(spelling));
  });
}

const cases = dialects.flatMap((dialect) => echoes.map(([name, echo]) => [name, dialect, echo] as const));

it.each(cases)(
  "a key that a server echoes in %s (%s) is in no file, log, report or terminal",
  { timeout: 120_000, ...skippedIf(noBubblewrap) },
  async (_, dialect, echo) => {
    await using folder = await temporaryFolder();
    const repository = smallRepository(join(folder.path, "repository"));
    await using server = await startEchoing(dialect, echo);
    const [run, config] = [join(folder.path, "run"), join(folder.path, "apprentice.yaml")];
    const teacher = `{ kind: endpoint, baseUrl: "${server.url}", model: m, dialect: ${dialect}, apiKey: "env:CANARY_KEY" }`;
    await writeFile(config, `lineages: 2\nrepositories: [{ path: ${repository} }]\nteachers: [${teacher}]\nrollout: { tries: 2 }\n`);
    const shown: string[] = [];
    const say = async (...args: readonly string[]): Promise<void> => {
      const { stdout, stderr } = await call(args, { environment: { CANARY_KEY: key } });
      shown.push(stdout, stderr);
    };
    await say("generate", "--config", config, "--run", run);
    const after = [
      ["report", run],
      ["show", run],
      ["show", run, "--json"],
      ["doctor", "--config", config],
      ["config", "--config", config],
    ];
    await Promise.all(after.map((args) => say(...args)));
    expect(server.asked()).toBeGreaterThan(1);
    expect(shown.join("\n")).toContain(new URL(server.url).host);
    for (const spelling of spellings) expect(shown.join("\n").includes(spelling), spelling).toBe(false);
    expect(leaksIn(run)).toEqual([]);
    // What was taken out has left its mark, so that what is looked for did come by.
    const marked = filesBelow(run).filter((path) => /\[key\]|\[env:CANARY_KEY\]/.test(readFileSync(path, "latin1")));
    expect(marked).not.toEqual([]);
  },
);
