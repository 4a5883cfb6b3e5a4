import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

interface Asked {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly tools?: readonly unknown[];
}

/** What the teacher answers at one turn of a rollout: a command, a call of any tool, words alone, or a refusal of the server. */
export type PlannedTurn =
  | string
  | { readonly tool: string; readonly given: unknown }
  | { readonly words: string }
  | { readonly status: number; readonly body: unknown };

export interface PlannedTeacher extends AsyncDisposable {
  readonly url: string;
  readonly requests: number;
}

/** A teacher that gives the same turns in every rollout, then submits; its judge always says yes. `turn` begins at 0. */
export async function startPlannedTeacher(plan: (turn: number) => PlannedTurn | undefined): Promise<PlannedTeacher> {
  let requests = 0;
  const answerWith = (body: string, response: ServerResponse): void => {
    requests++;
    const asked = JSON.parse(body) as Asked;
    const acts = (asked.tools ?? []).length > 0;
    const turn = asked.messages.filter(({ role }) => role === "assistant").length;
    const planned = acts ? (plan(turn) ?? { tool: "submit", given: {} }) : { words: verdict };
    if (typeof planned === "object" && "status" in planned) {
      response.writeHead(planned.status, { "content-type": "application/json" }).end(JSON.stringify(planned.body));
      return;
    }
    response.setHeader("content-type", "text/event-stream");
    const choices = [choiceOf(planned, turn)];
    response.end(`data: ${JSON.stringify({ id: "x", choices, usage: { prompt_tokens: 9, completion_tokens: 9 } })}\n\ndata: [DONE]\n\n`);
  };
  const server = createServer((request, response) => void text(request).then((body) => answerWith(body, response)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const verdict = "<verdict>yes</verdict>\n<pull_request>\n# Title\n\nWords.\n</pull_request>";

function choiceOf(planned: Exclude<PlannedTurn, { status: number }>, turn: number): object {
  if (typeof planned === "object" && "words" in planned)
    return { index: 0, delta: { role: "assistant", content: planned.words }, finish_reason: "stop" };
  const { tool, given } = typeof planned === "string" ? { tool: "bash", given: { command: planned } } : planned;
  const call = { index: 0, id: `call-${turn}`, type: "function", function: { name: tool, arguments: JSON.stringify(given) } };
  return { index: 0, delta: { role: "assistant", content: "So.", tool_calls: [call] }, finish_reason: "tool_calls" };
}
