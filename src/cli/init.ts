import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { writeFileAtomic } from "../base/atomic-file.ts";
import type { Config } from "../config/config-schema.ts";
import { parseConfig } from "../config/load-config.ts";
import { openRepository } from "../repository/open-repository.ts";
import { usageError, type CommandModule, type Terminal } from "./command.ts";
import { sandboxKinds } from "./compose.ts";
import { counted } from "./counted.ts";
import { destinationsOf, refusalMend } from "./destinations.ts";
import { initFile } from "./init/file.ts";
import { findDockerfile, lookAtRepository } from "./init/look.ts";
import type { Answers } from "./init/questions.ts";
import { defaultConfigFile, resolveConfig, resolveSettings } from "./resolve-config.ts";
import { addInitFlags, type RunFlags } from "./run-flags.ts";
import { typedCommand } from "./typed-command.ts";

interface InitFlags extends RunFlags {
  readonly yes?: boolean;
  readonly out: string;
}

export const register: CommandModule["register"] = (program, terminal) => {
  addInitFlags(
    program
      .command("init")
      .description(
        "Writes apprentice.yaml: asks where text may go, which code, which teacher and how much, and looks at the repository. A flag answers its question.",
      ),
  )
    .optionsGroup("Output:")
    .option("--yes", "ask nothing: privacy local, the repository here, the scripted teacher, where flags say nothing else")
    .option("--out <file>", "file to write", defaultConfigFile)
    .option("--json", "print the settings written as one JSON object")
    .action(async (flags: InitFlags) => {
      process.once("SIGINT", () => {
        terminal.say("Nothing was written.");
        process.exit(130);
      });
      await init(flags, terminal);
    });
};

async function init({ yes = false, out, json = false, ...given }: InitFlags, terminal: Terminal): Promise<void> {
  const asks = !yes && process.stdin.isTTY && terminal.interactive;
  if (!yes && !asks) throw usageError("init asks questions, and there is no terminal to ask at: add --yes, and flags for what is known.");
  const isThere = existsSync(out);
  if (isThere && !asks) throw usageError(`${out} is there already and is never overwritten unasked: name another file with --out.`);
  // A mistake in a flag is told before the first question. A repository is named, so that the settings here are not read.
  await resolveSettings({ ...given, repo: given.repo ?? ["."] });
  const here = given.repo === undefined ? await repositoryHere() : null;
  const questions = await import("./init/questions.ts");
  if (isThere) await questions.askToOverwrite(out);
  const answers = asks ? await questions.askQuestions(given, here) : defaults(given, here);
  const looks = answers.looks.length > 0 ? answers.looks : await Promise.all((answers.flags.repo ?? []).map((path) => looked(path)));
  const sandbox = given.sandbox ?? (await workingSandbox(answers.flags, terminal));
  const dockerfile = await buildable(answers.flags, sandbox);
  const image = sandbox === "docker" && dockerfile !== null ? { image: dockerfile } : {};
  const config = await resolveConfig({ ...answers.flags, sandbox, ...image });
  const refused = (await destinationsOf(config)).find(({ refusal }) => refusal !== null);
  if (refused !== undefined) throw usageError(`${refused.refusal}: ${refusalMend} (--privacy any).`);
  const summaries = looks.map(({ summary }) => summary);
  const text = initFile({ config: typed(config, answers.flags), out: resolve(out), summaries, dockerfile });
  await write(out, text, isThere);
  tell(
    { text, out, json, config, seen: answers.looks.length > 0 ? [] : looks.map(({ path, summary }) => `${path}: ${summary}`) },
    terminal,
  );
}

/** The folder we stand in, where git knows it. */
async function repositoryHere(): Promise<string | null> {
  return (await openRepository(".", new AbortController().signal)).ok ? "." : null;
}

function defaults(given: RunFlags, here: string | null): Answers {
  const repo = given.repo ?? (here === null ? null : [here]);
  if (repo === null) throw usageError("There is no git repository here: name yours with --repo PATH.");
  const namesTeacher = given.baseUrl !== undefined || given.model !== undefined || given.teacher !== undefined;
  const flags = { ...given, repo, privacy: given.privacy ?? "local", ...(namesTeacher ? {} : { teacher: "scripted" }) };
  return { flags, looks: [] };
}

async function looked(path: string): Promise<{ readonly path: string; readonly summary: string }> {
  const look = await lookAtRepository(path);
  if (!look.ok) throw usageError(look.error);
  return look.value;
}

/** The first sandbox that works here and may run this teacher's commands; where none does, the first, with what is wrong said. */
async function workingSandbox({ teacher }: RunFlags, terminal: Terminal): Promise<string> {
  const kinds = Object.entries(sandboxKinds).filter(([kind]) => kind !== "none" || teacher === "scripted");
  for (const [kind, create] of kinds) if ((await (await create()).probe()).every(({ ok }) => ok)) return kind;
  const kind = kinds[0]?.[0] ?? "bubblewrap";
  terminal.say(`No sandbox works here yet; ${kind} is written down, and \`${typedCommand(["doctor"])}\` says how to mend it.`);
  return kind;
}

/** A Dockerfile of the repository's own, where docker could build it. */
async function buildable({ repo = [] }: RunFlags, sandbox: string): Promise<string | null> {
  const dockerfile = findDockerfile(repo);
  if (dockerfile === null || sandbox === "docker") return dockerfile;
  const works = (await (await sandboxKinds.docker()).probe()).every(({ ok }) => ok);
  return works ? dockerfile : null;
}

/** Paths as they were typed: what the file holds is told from where it lies. */
function typed(config: Config, { repo = [] }: RunFlags): Config {
  return { ...config, repositories: config.repositories.map((entry, index) => ({ ...entry, path: repo[index] ?? entry.path })) };
}

async function write(out: string, text: string, mayReplace: boolean): Promise<void> {
  try {
    if (mayReplace) await writeFileAtomic(out, text);
    else await writeFile(out, text, { flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw usageError(`${out} cannot be written (${String(error.code)}): name another file with --out.`);
  }
}

interface Written {
  readonly text: string;
  readonly out: string;
  readonly json: boolean;
  readonly config: Config;
  /** What was seen and is not said yet. */
  readonly seen: readonly string[];
}

function tell({ text, out, json, config, seen }: Written, terminal: Terminal): void {
  const parsed = parseConfig(text, out);
  if (!parsed.ok) throw new Error(parsed.error.message);
  if (json) terminal.print(JSON.stringify(parsed.value.values));
  for (const line of seen) terminal.say(line);
  terminal.say(`Wrote ${out}: privacy ${config.privacy}, sandbox ${config.sandbox.kind}, ${counted(config.lineages, "lineage")}.`);
  const isDefault = relative(resolve(defaultConfigFile), resolve(out)) === "";
  const file = isDefault ? [] : ["--config", out];
  const [teacher] = config.teachers;
  const variable = teacher?.kind === "endpoint" ? teacher.apiKey?.slice("env:".length) : undefined;
  terminal.say("\nNext:");
  if (variable !== undefined && (process.env[variable] ?? "") === "") terminal.say(`  export ${variable}=…`);
  terminal.say(`  ${typedCommand(["doctor", ...file])}`);
  terminal.say(`  ${typedCommand(["generate", ...file])}`);
}
