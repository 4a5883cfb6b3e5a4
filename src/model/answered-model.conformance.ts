import { once } from "node:events";
import { readFileSync } from "node:fs";
import { startAnsweringServer, type AnsweringServer } from "./answering-server.conformance.ts";
import type { EndpointModel } from "./endpoint-model.ts";
import type { EndpointOptions, TurnOutcome, TurnRequest } from "./model.ts";

const signal = new AbortController().signal;
const tools = ["bash", "read_file"].map((name) => ({ name, description: "Does.", parameters: { type: "object" } }));
/** What is asked where a test does not say. */
export const usualTurn: TurnRequest = { messages: [{ role: "user", content: "Go." }], tools, temperature: 0, maxOutputTokens: null };

/** Recorded answers of real servers (shared/golden), head and chunk framing included. */
const golden = new URL("../../test/golden/", import.meta.url);

/** A client of one dialect, and the server that answers it as a test says. */
export interface AnsweredModel extends AsyncDisposable {
  readonly server: AnsweringServer;
  ask(request?: TurnRequest): Promise<TurnOutcome>;
  /** Asks and answers with a recording as it was, in pieces of `size` bytes. */
  replay(name: string, size?: number): Promise<TurnOutcome>;
}

/** `create`: of the dialect. */
export async function startAnsweredModel(create: (options: EndpointOptions) => EndpointModel): Promise<AnsweredModel> {
  const server = await startAnsweringServer();
  const model = create({ baseUrl: server.origin, model: "tiny", apiKey: null, firstByteMs: 20_000, stallMs: 20_000 });
  const ask = (request = usualTurn): Promise<TurnOutcome> => model.prepare(request).send(signal);
  return {
    server,
    ask,
    async replay(name, size = Number.POSITIVE_INFINITY) {
      answerInPieces(server, recordedReply(name), size);
      return await ask();
    },
    async [Symbol.asyncDispose]() {
      await model[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

export function recordedReply(name: string): Buffer {
  return readFileSync(new URL(`${name}.response.txt`, golden));
}

function answerInPieces(server: AnsweringServer, bytes: Buffer, size: number): void {
  server.answerWith(async ({ socket }) => {
    if (socket === null) return;
    socket.setNoDelay(true);
    for (let at = 0; at < bytes.length; at += size) {
      if (!socket.write(bytes.subarray(at, Math.min(at + size, bytes.length)))) await once(socket, "drain");
      if (size < bytes.length) await new Promise(setImmediate);
    }
    socket.end();
  });
}
