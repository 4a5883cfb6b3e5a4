import { type CANCEL_SYMBOL, confirm, isCancel, log, select, text } from "@clack/prompts";
import { endpointReach } from "../../model/endpoint-reach.ts";
import { parseBaseUrl } from "../../model/base-url.ts";
import { Dialect } from "../../model/model-config.ts";
import { priceOf } from "../../model/prices.ts";
import { CommandEnd } from "../command.ts";
import { lookAtRepository, type RepositoryLook } from "./look.ts";
import type { RunFlags } from "../run-flags.ts";

/** What was asked, in the words of the flags that say the same, and what was seen of the repositories. */
export interface Answers {
  readonly flags: RunFlags;
  readonly looks: readonly RepositoryLook[];
}

/** Standard output is for the result. */
const output = process.stderr;

/** Asks what the flags leave open; `repository`: the one offered, null: none is near. Throws a CommandEnd of status 130 at Ctrl-C. */
export async function askQuestions(given: RunFlags, repository: string | null): Promise<Answers> {
  const privacy = given.privacy ?? (await askPrivacy());
  const looks = given.repo === undefined ? [await askRepository(repository)] : [];
  const teacher = await askTeacher({ ...given, privacy });
  const lineages =
    given.lineages ?? (await askNumber({ message: "How many functions to follow? It may grow later.", initial: "20", whole: true }));
  const knowsPrice = teacher.model !== undefined && priceOf(teacher.model) !== null;
  const budgetUsd =
    given.budgetUsd ??
    (knowsPrice ? await askNumber({ message: "Dollars to spend at most? Empty: no limit.", initial: null, whole: false }) : null);
  const flags = { ...given, ...teacher, privacy, lineages: lineages ?? 20, ...(budgetUsd === null ? {} : { budgetUsd }) };
  return { flags: looks.length === 0 ? flags : { ...flags, repo: looks.map(({ path }) => path) }, looks };
}

export async function askToOverwrite(path: string): Promise<void> {
  const agreed = answered(await confirm({ message: `${path} is there already. Write it anew?`, initialValue: false, output }));
  if (!agreed) throw new CommandEnd(2, `Nothing was written: ${path} stays as it was. --out FILE names another.`);
}

async function askPrivacy(): Promise<"local" | "any"> {
  return answered(
    await select<"local" | "any">({
      message: "Where may your code be sent?",
      options: [
        { value: "local", label: "This machine and private networks", hint: "local" },
        { value: "any", label: "Any endpoint that I name", hint: "any" },
      ],
      output,
    }),
  );
}

/** Asks until there is something to train on. */
async function askRepository(offered: string | null): Promise<RepositoryLook> {
  for (;;) {
    const path = await askText({
      message: "Where is the code? A path, an address or an archive.",
      placeholder: offered ?? "../my-repo",
      initial: offered,
      problemOf: (value) => (value === "" ? "Name a repository." : null),
    });
    const look = await lookAtRepository(path);
    if (look.ok) {
      log.info(look.value.summary, { output });
      return look.value;
    }
    log.error(look.error, { output });
  }
}

async function askTeacher(given: RunFlags): Promise<Pick<RunFlags, "teacher" | "dialect" | "baseUrl" | "model" | "apiKeyEnv">> {
  if (given.teacher !== undefined) return { teacher: given.teacher };
  const kind =
    given.baseUrl === undefined && given.model === undefined ? await askTeacherKind() : Dialect.parse(given.dialect ?? "openai-chat");
  if (kind === "scripted") return { teacher: "scripted" };
  const baseUrl = given.baseUrl ?? [await askAddress(given, kind)];
  const model =
    given.model ??
    (await askText({
      message: "Name of the model there?",
      placeholder: "as the endpoint calls it",
      initial: null,
      problemOf: (value) => (value === "" ? "Name the model as the endpoint does." : null),
    }));
  const apiKeyEnv = given.apiKeyEnv ?? (await askKeyVariable());
  return { dialect: kind, baseUrl, model, ...(apiKeyEnv === "" ? {} : { apiKeyEnv }) };
}

async function askTeacherKind(): Promise<Dialect | "scripted"> {
  return answered(
    await select<Dialect | "scripted">({
      message: "Who is the teacher?",
      options: [
        { value: "openai-chat", label: "A model that speaks OpenAI's chat completions", hint: "vLLM, SGLang, most vendors" },
        { value: "anthropic-messages", label: "A model that speaks Anthropic's messages" },
        { value: "scripted", label: "The scripted one", hint: "tries the machine, no model" },
      ],
      output,
    }),
  );
}

/** Asks until privacy has nothing against the host. */
async function askAddress({ privacy }: RunFlags, dialect: Dialect): Promise<string> {
  for (;;) {
    const own = "http://127.0.0.1:8000/v1";
    const address = await askText({
      message: "Address of the endpoint?",
      placeholder: privacy === "local" ? own : "https://api.example.com/v1",
      initial: privacy === "local" ? own : null,
      problemOf: (value) => {
        const parsed = parseBaseUrl(value, dialect);
        return parsed.ok ? null : parsed.error;
      },
    });
    const { refusal } = await endpointReach(address, { privacy: privacy === "any" ? "any" : "local", allowedHosts: [] });
    if (refusal === null) return address;
    log.error(`${refusal}.`, { output });
  }
}

/** Only the variable's name: whatever looks like a key is neither kept nor repeated. */
async function askKeyVariable(): Promise<string> {
  return await askText({
    message: "Environment variable that holds its key, such as TEACHER_KEY?",
    placeholder: "none, no key is sent",
    initial: null,
    problemOf: (value) =>
      value === "" || (/^[A-Za-z_][A-Za-z0-9_]*$/.test(value) && (value.length < 40 || value in process.env))
        ? null
        : "Write the variable's name, such as TEACHER_KEY, not the key.",
  });
}

/** Null: an empty line, where nothing stands for it. */
async function askNumber({
  message,
  initial,
  whole,
}: Pick<TextQuestion, "message" | "initial"> & { whole: boolean }): Promise<number | null> {
  const isRight = (value: string): boolean => Number(value) > 0 && (!whole || Number.isSafeInteger(Number(value)));
  const problem = whole ? "Write a whole number above 0." : "Write a number above 0.";
  const problemOf = (value: string): string | null => (value === "" || isRight(value) ? null : problem);
  const written = await askText({ message, placeholder: initial ?? "no limit", initial, problemOf });
  return written === "" ? null : Number(written);
}

interface TextQuestion {
  readonly message: string;
  readonly placeholder: string;
  /** What an empty line stands for; null: for itself. */
  readonly initial: string | null;
  readonly problemOf: (value: string) => string | null;
}

async function askText({ message, placeholder, initial, problemOf }: TextQuestion): Promise<string> {
  const valueOf = (written: string | undefined): string => (written ?? "").trim() || (initial ?? "");
  const validate = (value: string | undefined): string | undefined => problemOf(valueOf(value)) ?? undefined;
  const written = await text({ message, placeholder, defaultValue: initial ?? "", output, validate });
  return valueOf(answered(written));
}

function answered<Value>(value: Value | typeof CANCEL_SYMBOL): Value {
  if (isCancel(value)) throw new CommandEnd(130, "Nothing was written.");
  return value;
}
