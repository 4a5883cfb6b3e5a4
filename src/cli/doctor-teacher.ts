import { createScrubber } from "../base/secret.ts";
import type { Config } from "../config/config-schema.ts";
import type { ToolSchema } from "../records/message.ts";
import { openTeacher, secretsOf } from "./compose.ts";
import type { DoctorCheck } from "./doctor-check.ts";

const probeTool: ToolSchema = {
  name: "bash",
  description: "runs the given command directly in bash",
  parameters: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
};

/** Asks the teacher for one tool call, streamed: the cheapest question that shows whether a run would work. */
export async function* checkTeacher(config: Config): AsyncGenerator<DoctorCheck> {
  const secrets = secretsOf(config);
  if (!secrets.ok) {
    const { variable } = secrets.error;
    yield { check: "teacher key", ok: false, detail: `the environment variable ${variable} is not set`, mend: `export ${variable}` };
    return;
  }
  const scrubber = createScrubber(secrets.value);
  await using opened = await openTeacher(config, secrets.value);
  const { model, costUsd } = { model: opened.teacher.model, costUsd: opened.teacher.costUsd({ input: 0, cached: 0, output: 0 }) };
  const prepared = model.prepare({
    messages: [{ role: "user", content: "Call the tool bash once with the command: echo hello" }],
    tools: [probeTool],
    temperature: 0,
    maxOutputTokens: 512,
  });
  const check = `teacher ${model.name} at ${model.host}`;
  const sent = await prepared.send(AbortSignal.timeout(config.rollout.deadlines.firstByteMs));
  if (!sent.ok) {
    const detail = scrubber.text(`${sent.error.failure.code}: ${sent.error.failure.message}`);
    yield { check, ok: false, detail, mend: "check --base-url, --model and --api-key-env" };
    return;
  }
  const { message, usage, finish } = sent.value;
  yield { check, ok: true, detail: `answered, finish ${finish}`, mend: null };
  const called = message.toolCalls.length > 0;
  yield {
    check: "tool calls",
    ok: called,
    detail: called ? "made" : "the reply held no tool call",
    mend: "serve the model with its tool-call parser",
  };
  const counted = usage.input !== null && usage.output !== null;
  yield {
    check: "usage",
    ok: counted,
    detail: counted ? "reported" : "not reported: context is estimated, cost unknown",
    mend: "let the server report usage in streams",
  };
  const cached = usage.cached === null ? "not reported: every input token counts as new" : "reported";
  yield { check: "cached tokens", ok: true, detail: cached, mend: null };
  const context = await opened.context(AbortSignal.timeout(config.rollout.deadlines.firstByteMs));
  yield contextCheck(context, config.rollout.context);
  const price = costUsd === null ? "not known: cost will be unknown (set prices under teachers)" : "known";
  yield { check: "price", ok: true, detail: price, mend: null };
}

function contextCheck(listed: number | null, filled: number): DoctorCheck {
  const may = `rollouts may fill ${filled}`;
  const detail = listed === null ? `not listed by the server; ${may} tokens` : `${listed} tokens; ${may}`;
  return {
    check: "context",
    ok: listed === null || listed >= filled,
    detail,
    mend: `--context ${listed ?? filled}, or context under rollout`,
  };
}
