import { once } from "node:events";
import { createServer } from "node:http";
import type { LookupFunction } from "node:net";
import { expect, test } from "vitest";
import { endpointReach, guardedLookup, type ReachRule } from "./endpoint-reach.ts";
import type { TurnRequest } from "./model.ts";
import { createOpenAiChat } from "./openai-chat/openai-chat.ts";

const local: ReachRule = { privacy: "local", allowedHosts: [] };

/** A resolver that answers each question with the next of these. */
function resolver(...answers: readonly (readonly string[])[]): LookupFunction {
  let asked = 0;
  return (_name, options, callback) => {
    const found = answers[Math.min(asked++, answers.length - 1)] ?? [];
    const addresses = found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    if (options.all === true) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? "", addresses[0]?.family);
  };
}

const allowed: readonly [string, LookupFunction?][] = [
  ["http://127.0.0.1:8000/v1"],
  ["http://[::1]:8000"],
  ["http://0x7f000001"],
  ["http://192.168.4.4"],
  ["http://[fd12::9]"],
  ["http://[::ffff:10.0.0.2]"],
  ["http://localhost:1"],
  ["http://gpu.lan", resolver(["10.0.0.7", "fd00::7"])],
];
test.each(allowed)("local lets %s through", async (url, lookup) => {
  expect(await endpointReach(url, local, lookup)).toMatchObject({ refusal: null });
});

const refused: readonly [string, string, LookupFunction?][] = [
  ["http://8.8.8.8/v1", "is a public address"],
  ["http://134744072", "is a public address"],
  ["https://[2606:4700::1111]", "is a public address"],
  ["http://[::ffff:8.8.8.8]", "is a public address"],
  ["https://api.example.com", "leads to the public address 203.0.113.5", resolver(["203.0.113.5"])],
  ["https://both.example.com", "leads to the public address 203.0.113.5", resolver(["10.0.0.1", "203.0.113.5"])],
];
test.each(refused)("local refuses %s, which %s", async (url, why, lookup) => {
  const { refusal } = await endpointReach(url, local, lookup);
  expect(refusal).toBe(`${new URL(url).host} ${why}, and privacy is local`);
  expect(await endpointReach(url, { ...local, privacy: "any" }, lookup)).toMatchObject({ range: "public", refusal: null });
});

test("a listed host is let through, with a port only at that port", async () => {
  const listing = (...allowedHosts: string[]) => endpointReach("https://8.8.8.8", { privacy: "local", allowedHosts });
  expect((await listing("8.8.8.8")).refusal).toBe(null);
  expect((await listing("8.8.8.8:443")).refusal).toBe(null);
  expect((await listing("8.8.8.8:80")).refusal).not.toBe(null);
  expect((await listing("8.8.8.80", "8.8.8")).refusal).not.toBe(null);
  expect(guardedLookup("https://Api.Example.com", { privacy: "local", allowedHosts: ["api.example.COM"] })).toBe(null);
});

test("a name that leads nowhere is nobody's to refuse: nothing can be sent to it", async () => {
  const nowhere: LookupFunction = (_name, _options, callback) => callback(new Error("ENOTFOUND"), "", 0);
  expect(await endpointReach("http://gone.example", local, nowhere)).toMatchObject({ range: null, refusal: null });
});

const turn: TurnRequest = { messages: [{ role: "user", content: "secret" }], tools: [], temperature: 0, maxOutputTokens: 9 };

test("a name that turns to a public address between the check and the connection gets nothing", async () => {
  let requests = 0;
  let connections = 0;
  const server = createServer((_request, reply) => {
    requests += 1;
    reply.writeHead(500).end("{}");
  });
  server.on("connection", () => (connections += 1));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const url = `http://rebind.example:${port}`;
  const options = { baseUrl: url, model: "m", apiKey: null, firstByteMs: 5000, stallMs: 5000 };
  const never = new AbortController().signal;

  const near = resolver(["127.0.0.1"]);
  await using reached = createOpenAiChat({ ...options, lookup: guardedLookup(url, local, near) });
  await reached.prepare(turn).send(never);
  expect(requests).toBe(1);

  // Mixed with an address that would answer: a public one among them is enough to refuse.
  const turning = resolver(["127.0.0.1"], ["127.0.0.1", "203.0.113.5"]);
  expect((await endpointReach(url, local, turning)).refusal).toBe(null);
  await using refusing = createOpenAiChat({ ...options, lookup: guardedLookup(url, local, turning) });
  const sent = await refusing.prepare(turn).send(never);
  expect(sent).toMatchObject({ ok: false, error: { failure: { code: "unreachable", retryable: false, wholeRun: true } } });
  expect(sent.ok ? "" : sent.error.failure.message).toBe(
    `Nothing was sent to rebind.example:${port}: its name leads to a public address now, and privacy is local.`,
  );
  expect([requests, connections]).toEqual([1, 1]);
  server.close();
});
