import { nearestName } from "../../base/nearest-name.ts";
import { plainText } from "../../base/plain-text.ts";
import { createScrubber } from "../../base/secret.ts";
import type { Config } from "../../config/config-schema.ts";
import type { EndpointModel } from "../../model/endpoint-model.ts";
import { endpointsOf } from "../../model/model-config.ts";
import { probeEndpoint, type EndpointProbe } from "../../model/probe-endpoint.ts";
import type { ModelReply } from "../../records/message.ts";
import type { Teacher } from "../../rollout/ask.ts";
import { openTeacher, secretsOf } from "../compose.ts";
import type { DoctorCheck } from "./check.ts";

/** Asks the teacher two short questions, as a run would ask them: the cheapest way to see whether a run would work. */
export async function* checkTeacher(config: Config): AsyncGenerator<DoctorCheck> {
  const secrets = secretsOf(config);
  if (!secrets.ok) {
    const { variable } = secrets.error;
    yield { check: "teacher key", ok: false, detail: `the environment variable ${variable} is not set`, mend: `export ${variable}` };
    return;
  }
  const scrubber = createScrubber(secrets.value);
  await using opened = await openTeacher(config, secrets.value);
  const keys = endpointsOf(config.teachers[0] ?? { kind: "scripted" }).map(({ apiKey }) => apiKey !== null);
  for (const [index, model] of opened.models.entries()) {
    for (const check of await endpointChecks({ model, teacher: opened.teacher, hasKey: keys[index] ?? false }, config)) {
      const { detail, mend } = check;
      yield { ...check, detail: plainText(scrubber.text(detail)), mend: mend === null ? null : plainText(scrubber.text(mend)) };
    }
  }
}

interface Endpoint {
  readonly model: EndpointModel;
  readonly teacher: Teacher;
  readonly hasKey: boolean;
}

async function endpointChecks({ model, teacher, hasKey }: Endpoint, { rollout }: Config): Promise<DoctorCheck[]> {
  const { temperature, maxOutputTokens, context, deadlines } = rollout;
  const probe = await probeEndpoint(model, { temperature, maxOutputTokens }, AbortSignal.timeout(deadlines.firstByteMs));
  const isPriced = teacher.beginCall !== undefined || teacher.costUsd({ input: 1, cached: 0, output: 1 }) !== null;
  const seen: Seen = { probe, name: model.name, host: model.host, hasKey };
  return [...answerChecks(seen), contextCheck(probe, context), priceCheck(isPriced), spentCheck(probe, teacher.costUsd(probe.usage))];
}

interface Seen {
  readonly probe: EndpointProbe;
  readonly name: string;
  readonly host: string;
  readonly hasKey: boolean;
}

function answerChecks(seen: Seen): DoctorCheck[] {
  const { probe, name, host } = seen;
  const check = `teacher ${name} at ${host}`;
  const { failure, reply } = probe;
  if (reply === null) {
    const detail = failure === null ? "no reply" : `${failure.failure.code}: ${failure.failure.message}`;
    return [{ check, ok: false, detail, mend: mendOf(failure?.failure.code ?? "", seen) }];
  }
  return [
    { check, ok: true, detail: `answered, finish ${reply.finish}${listedWords(probe)}`, mend: null },
    streamCheck(probe),
    toolCheck(reply),
    ...secondTurnChecks(probe),
    usageCheck(reply),
    cacheCheck(probe),
  ];
}

function listedWords({ listing: { isListed } }: EndpointProbe): string {
  return isListed === false ? "; the server's list of models does not name it" : "";
}

const mends: Readonly<Record<string, string>> = {
  unreachable: "start the server, or check --base-url and --dialect",
  unauthorized: "check the key in the variable that --api-key-env names",
  "no-credit": "add credit to the account, or name another key or endpoint",
  "rate-limited": "try again later",
  "bad-request": "what the server refuses can be left out or named otherwise: quirks under teachers (docs/endpoints.md)",
  "context-overflow": "set maxOutputTokens under rollout below the server's context",
};

/** What would mend a first question that failed. */
function mendOf(code: string, { probe, name, hasKey }: Seen): string {
  if (code === "unauthorized" && !hasKey) return "give the key: --api-key-env VAR";
  const { names } = probe.listing;
  if (code !== "unknown-model" || names.length === 0) return mends[code] ?? "check --base-url, --dialect and --model";
  const near = nearestName(name, names);
  return near === null ? `--model with one that the server lists: ${names.slice(0, 8).join(", ")}` : `--model ${near}`;
}

function streamCheck({ streamed }: EndpointProbe): DoctorCheck {
  const detail = streamed === true ? "replies are streamed" : "the reply came whole: a server that hangs is seen only at firstByteMs";
  return { check: "streaming", ok: streamed === true, detail, mend: "let the server stream; a proxy before it may hold streams back" };
}

function toolCheck({ message }: ModelReply): DoctorCheck {
  const isMade = message.toolCalls.length > 0;
  const detail = isMade ? "made" : "the reply held no tool call";
  return { check: "tool calls", ok: isMade, detail, mend: "serve the model with its tool-call parser, or take another model" };
}

function secondTurnChecks({ secondTurn, reply }: EndpointProbe): DoctorCheck[] {
  if (secondTurn === null) return [];
  const { failure } = secondTurn;
  const mend = "if it refuses earlier reasoning: sendReasoning: false, or quirks, under teachers (docs/endpoints.md)";
  const detail = failure === null ? "taken back" : `${failure.failure.code}: ${failure.failure.message}`;
  const thought = reply?.message.reasoning ?? null;
  const reasoning = thought === null ? "none was sent" : `sent, ${thought.length} characters`;
  return [
    { check: "tool results", ok: failure === null, detail, mend },
    { check: "reasoning", ok: true, detail: reasoning, mend: null, needed: false },
  ];
}

function usageCheck({ usage }: ModelReply): DoctorCheck {
  const isCounted = usage.input !== null && usage.output !== null;
  const detail = isCounted ? "reported" : "not reported: context is estimated, cost unknown";
  return { check: "usage", ok: isCounted, detail, mend: "let the server report usage in streams" };
}

/** Whether cached tokens are counted; most servers keep nothing of a prompt as short as this one. */
function cacheCheck({ reply, secondTurn }: EndpointProbe): DoctorCheck {
  const counts = [reply?.usage.cached, secondTurn?.usage.cached].filter((count) => typeof count === "number");
  const most = Math.max(0, ...counts);
  const reported = most > 0 ? `reported, ${most} of the second question` : "reported, none of so short a prompt";
  const detail = counts.length === 0 ? "not reported: every input token counts as new" : reported;
  return { check: "cached tokens", ok: true, detail, mend: null };
}

function contextCheck({ listing: { context: listed } }: EndpointProbe, filled: number): DoctorCheck {
  const may = `rollouts may fill ${filled}`;
  const detail = listed === null ? `not listed by the server; ${may} tokens` : `${listed} tokens; ${may}`;
  const mend = `--context ${listed ?? filled}, or context under rollout`;
  return { check: "context", ok: listed === null || listed >= filled, detail, mend };
}

function priceCheck(isPriced: boolean): DoctorCheck {
  const detail = isPriced ? "known" : "not known: cost will be unknown (set prices under teachers)";
  return { check: "price", ok: true, detail, mend: null };
}

function spentCheck({ questions, usage }: EndpointProbe, costUsd: number | null): DoctorCheck {
  const tokens = usage.input === null || usage.output === null ? "an unknown number of tokens" : `${usage.input} + ${usage.output} tokens`;
  const cost = costUsd === null ? "cost not known" : `$${costUsd.toFixed(4)}`;
  const detail = `${questions} ${questions === 1 ? "question" : "questions"}, ${tokens}, ${cost}`;
  return { check: "spent by this check", ok: true, detail, mend: null, needed: false };
}
