import { usageError } from "./command.ts";
import type { RunFlags } from "./run-flags.ts";

/** One value of the config file and the flag it came from. */
export interface FlagValue {
  readonly path: readonly (string | number)[];
  readonly flag: string;
  readonly value: unknown;
}

type Row = readonly [FlagValue["path"], string, unknown];

/** The flags as values of the config file; what they mean depends on what is `written` there. Throws a CommandEnd where they contradict each other. */
export function valuesOfFlags(flags: RunFlags, written: Readonly<Record<string, unknown>>): FlagValue[] {
  const rows: Row[] = [
    [["privacy"], "--privacy", flags.privacy],
    [["lineages"], "--lineages", flags.lineages],
    [["concurrency"], "--concurrency", flags.concurrency],
    [["budgetUsd"], "--budget-usd", flags.budgetUsd],
    [["seed"], "--seed", flags.seed],
    [["database"], "--database-url-env", flags.databaseUrlEnv === undefined ? undefined : `env:${flags.databaseUrlEnv}`],
    [["sandbox", "kind"], "--sandbox", flags.sandbox],
    [["sandbox", "image"], "--image", flags.image],
    [["rollout", "toolset"], "--toolset", flags.toolset],
    [["rollout", "temperature"], "--temperature", flags.temperature],
    [["rollout", "maxSteps"], "--max-steps", flags.maxSteps],
    [["rollout", "context"], "--context", flags.context],
    ...teacherRows(flags, firstOf(written["teachers"])),
    ...repositoryRows(flags, written["repositories"]),
  ];
  return rows.flatMap(([path, flag, value]) => (value === undefined ? [] : [{ path, flag, value }]));
}

/** Flags about an endpoint change the file's endpoint, or stand in the place of another kind of teacher. */
function teacherRows(flags: RunFlags, before: Readonly<Record<string, unknown>>): Row[] {
  checkTeacherFlags(flags);
  const key = flags.apiKeyEnv === undefined ? undefined : `env:${flags.apiKeyEnv}`;
  const [baseUrl, ...others] = flags.baseUrl ?? [];
  const endpoints = others.map((url) => ({ baseUrl: url, apiKey: key ?? null }));
  const rows: Row[] = [
    [["teachers", 0, "baseUrl"], "--base-url", baseUrl],
    [["teachers", 0, "endpoints"], "--base-url", baseUrl === undefined ? undefined : endpoints],
    [["teachers", 0, "model"], "--model", flags.model],
    [["teachers", 0, "dialect"], "--dialect", flags.dialect],
    [["teachers", 0, "apiKey"], "--api-key-env", key],
  ];
  const flag = rows.find(([, , value]) => value !== undefined)?.[1];
  if (flags.teacher !== undefined && flag !== undefined) {
    throw usageError(`--teacher is for the built-in teacher and ${flag} for a model behind an endpoint: leave one of them out.`);
  }
  if (flags.teacher !== undefined)
    return [[["teachers"], "--teacher", before["kind"] === flags.teacher ? undefined : [{ kind: flags.teacher }]]];
  if (flag === undefined) return [];
  if (before["kind"] !== "endpoint") return [[["teachers"], flag, [{ kind: "endpoint" }]], ...rows];
  // A key is for the endpoint it was given for, and prices are of the model they were given for.
  const isElsewhere = baseUrl !== undefined && baseUrl !== before["baseUrl"];
  const isOther = flags.model !== undefined && flags.model !== before["model"];
  return [
    [["teachers", 0, "apiKey"], "--base-url", isElsewhere ? null : undefined],
    [["teachers", 0, "prices"], "--model", isOther ? null : undefined],
    ...rows,
  ];
}

/** Mistakes of which the file's schema would speak as of the file. */
function checkTeacherFlags({ teacher, apiKeyEnv }: RunFlags): void {
  if (teacher !== undefined && teacher !== "scripted") {
    throw usageError(
      "--teacher: only scripted, the built-in one, is chosen by this flag; a model behind an endpoint by --base-url URL --model NAME.",
    );
  }
  if (apiKeyEnv !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(apiKeyEnv)) {
    throw usageError(
      "--api-key-env: write the name of an environment variable that holds the key, such as TEACHER_KEY, not the key itself.",
    );
  }
}

function repositoryRows(flags: RunFlags, written: unknown): Row[] {
  const named = flags.repo?.map((path) => ({ path }));
  const all: readonly unknown[] = named ?? (Array.isArray(written) ? written : []);
  return [
    [["repositories"], "--repo", named],
    ...all.flatMap((_, index): Row[] => [
      [["repositories", index, "commits"], "--commits", flags.commits],
      [["repositories", index, "folder"], "--folder", flags.folder],
      [["repositories", index, "holdOut"], "--hold-out", flags.holdOut],
    ]),
  ];
}

function firstOf(list: unknown): Readonly<Record<string, unknown>> {
  const first: unknown = Array.isArray(list) ? list[0] : null;
  return typeof first === "object" && first !== null ? Object.fromEntries(Object.entries(first)) : {};
}
