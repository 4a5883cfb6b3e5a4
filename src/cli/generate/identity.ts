import { readFile } from "node:fs/promises";
import { contentId, sha256Hex } from "../../base/hash.ts";
import type { Config } from "../../config/config-schema.ts";
import { loadBugHints } from "../../journey/first-rollout/bug-hints.ts";
import { builtInDemonstrations } from "../../journey/pull-request/demonstrations.ts";
import { pullRequestTexts } from "../../journey/pull-request/pull-request-prompt.ts";
import { selfCheckTexts } from "../../journey/self-check/self-check-prompt.ts";
import type { Toolset } from "../../toolsets/toolset.ts";

/**
 * The settings that decide what a run produces (design §3): a run goes on only where these are equal. Everything else
 * (budget, concurrency, endpoints, keys, deadlines of calls, number of lineages) may change from one resume to the next. `image`: what
 * the sandbox's image is, whatever it is called.
 */
export async function identityOf(
  config: Config,
  toolset: Toolset,
  image: string | null = config.sandbox.image,
): Promise<Record<string, unknown>> {
  const [teacher] = config.teachers;
  if (teacher === undefined) throw new Error("a checked config names a teacher");
  // What the file of texts says is part of `texts`; where it lies is not.
  const { deadlines, tries: _tries, toolsetTexts: _path, redact, ...rollout } = config.rollout;
  const { commandMs, commandTotalMs } = deadlines;
  const repositories = await Promise.all(
    config.repositories.map(async (repository) => ({ ...repository, demonstrations: await hashOfFile(repository.demonstrations) })),
  );
  return {
    seed: config.seed,
    repositories,
    sandbox: { ...config.sandbox, image },
    model: teacher.kind === "scripted" ? "scripted" : teacher.model,
    dialect: teacher.kind === "scripted" ? "openai-chat" : teacher.dialect,
    sendReasoning: teacher.kind === "scripted" || teacher.sendReasoning,
    ...(teacher.kind === "scripted" ? {} : toldOf(teacher)),
    // Absent where it is not done, as in runs from before it could be.
    rollout: { ...rollout, commandMs, commandTotalMs, ...(redact ? { redact } : {}) },
    texts: textsId(toolset),
  };
}

/** Of everything that a model may be told by this version. */
export function textsId(toolset: Toolset): string {
  return contentId([toolset.texts, toolset.tools, loadBugHints(), builtInDemonstrations(), pullRequestTexts(), selfCheckTexts()]);
}

/** What of a user's words about the server changes what the model is asked; how it is asked may change. Absent where nothing is said. */
function toldOf({ quirks, extraBody }: Extract<Config["teachers"][number], { kind: "endpoint" }>): Record<string, unknown> {
  const { temperature, reasoning, usualMaxTokens, oneCall } = quirks;
  const asked = Object.entries({ temperature, reasoning, usualMaxTokens, oneCall }).filter(([, value]) => value !== undefined);
  return {
    ...(asked.length === 0 ? {} : { quirks: Object.fromEntries(asked) }),
    ...(Object.keys(extraBody).length === 0 ? {} : { extraBody }),
  };
}

async function hashOfFile(path: string | null): Promise<string | null> {
  if (path === null || path === "history") return path;
  return sha256Hex(await readFile(path).catch(() => `missing: ${path}`));
}

/** The settings in which two identities differ, as "path (before → now)", for the sentence that refuses to resume. */
export function identityDifferences(before: unknown, now: unknown, path = ""): string[] {
  if (JSON.stringify(before) === JSON.stringify(now)) return [];
  if (!isRecord(before) || !isRecord(now)) return [`${path} (${show(before)} → ${show(now)})`];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return keys.flatMap((key) => identityDifferences(before[key], now[key], path === "" ? key : `${path}.${key}`));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
