import { once } from "node:events";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { join } from "node:path";
import { expect, test } from "vitest";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { createBubblewrap } from "../../src/sandbox/bubblewrap/bubblewrap.ts";
import { whyUnable } from "../../src/sandbox/why-unable.conformance.ts";
import { call, generateArgs, result, startTeacher, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

interface Passing extends AsyncDisposable {
  readonly url: string;
  readonly bodies: readonly string[];
}

/** Hands requests on to a server, and keeps their bodies in the order they came. */
async function startPassing(to: string): Promise<Passing> {
  const bodies: string[] = [];
  const pass = async (asked: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const body = await buffer(asked);
    if (asked.method === "POST") bodies.push(body.toString());
    const { method, headers, url = "/" } = asked;
    const onward = request(new URL(url, to), { method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer).on("error", () => got.destroy());
      got.on("error", () => answer.destroy());
    });
    onward.on("error", () => answer.destroy());
    onward.end(body);
  };
  const server = createServer((asked, answer) => void pass(asked, answer));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    bodies,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The prompt as bytes: the body up to the end of its messages, without the marks for a server's cache, which move on. */
function promptOf(body: string): string {
  return body.replaceAll(',"cache_control":{"type":"ephemeral"}', "").slice(0, -"]}".length);
}

const noBubblewrap = await whyUnable(createBubblewrap());

test.each(["openai-chat", "anthropic-messages"])(
  "%s: in a run, each prompt of a rollout begins with the bytes of the one before",
  { timeout: 180_000, ...skippedIf(noBubblewrap) },
  async (dialect) => {
    await using folder = await temporaryFolder();
    const repository = smallRepository(join(folder.path, "repository"));
    const faults = ["--faults", "429=0.05,reset=0.05,cut=0.05", "--faults-in-a-row", "2"];
    await using teacher = await startTeacher(join(folder.path, "teacher.jsonl"), faults);
    await using passing = await startPassing(teacher.url);
    const order = { repository, run: join(folder.path, "run"), url: passing.url };
    const ended = await call([...generateArgs(order, "--dialect", dialect, "--lineages", "6"), "--json"]);
    expect(result(ended)["lineages"]).toMatchObject({ total: 6, failed: 0, unfinished: 0 });

    let [turns, kept, rollouts] = [0, 0, 0];
    const newest: string[] = [];
    for (const prompt of passing.bodies.map(promptOf)) {
      const before = newest.findIndex((earlier) => prompt.startsWith(earlier));
      const isTurn = /"role":"assistant"/.test(prompt);
      if (isTurn) turns++;
      if (isTurn && before !== -1) kept++;
      if (!isTurn && before === -1) rollouts++;
      if (before === -1) newest.push(prompt);
      else newest[before] = prompt;
    }
    expect(rollouts).toBeGreaterThanOrEqual(12);
    expect(turns).toBeGreaterThan(100);
    expect(`${kept} of ${turns}`).toBe(`${turns} of ${turns}`);
  },
);
