import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

// A model that answers at once, for one agent at a time: `bench/gap-server.ts STEPS`. Between the end of a reply and the arrival of the
// next request lies all that the agent does in a step: reading the reply, the journal, the command, the next request. GET /gaps tells.
const steps = Number(process.argv[2] ?? "21");
const gapsMs: number[] = [];
let endedMs: number | null = null;

function reply(said: number): string {
  const call =
    said < steps - 1
      ? { name: "bash", arguments: JSON.stringify({ command: `echo step ${said + 1}` }) }
      : { name: "submit", arguments: "{}" };
  const tool = { index: 0, id: `call_${said}`, type: "function", function: call };
  const head = { id: "gap", object: "chat.completion.chunk", created: 0, model: "scripted" };
  const events = [
    {
      ...head,
      choices: [{ index: 0, delta: { role: "assistant", content: `Step ${said + 1}.`, tool_calls: [tool] }, finish_reason: null }],
    },
    { ...head, choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] },
    { ...head, choices: [], usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 } },
  ];
  return `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("")}data: [DONE]\n\n`;
}

const server = createServer((request, response) => {
  const arrivedMs = performance.now();
  if (request.url === "/gaps") return void response.end(JSON.stringify(gapsMs));
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => void chunks.push(chunk));
  request.on("end", () => {
    const { messages } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { messages: { role: string }[] };
    const said = messages.filter(({ role }) => role === "assistant").length;
    if (said > 0 && endedMs !== null) gapsMs.push(arrivedMs - endedMs);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(reply(said));
    endedMs = performance.now();
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify({ openaiBaseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` })}\n`);
});
