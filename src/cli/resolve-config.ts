import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Config, ConfigDraft } from "../config/config-schema.ts";
import type { ConfigText } from "../config/config-text.ts";
import { checkConfig, readConfigFile } from "../config/load-config.ts";
import { parseBaseUrl } from "../model/base-url.ts";
import { repositoryLocation } from "../repository/repository-location.ts";
import { isDockerfile, needsEngine } from "../sandbox/dockerfile.ts";
import { isImagePath } from "../sandbox/image-file.ts";
import { parseFaults } from "../scripted/fault.ts";
import { usageError } from "./command.ts";
import type { RunFlags } from "./run-flags.ts";
import { valuesOfFlags } from "./values-of-flags.ts";

export const defaultConfigFile = "apprentice.yaml";

/** A thing that `generate` still needs, in a sentence that says how to give it. */
interface Missing {
  readonly what: "repository" | "teacher";
  readonly sentence: string;
}

/** Settings without a mistake in them; `config` is null while something is missing. */
export interface Settings {
  readonly draft: ConfigDraft;
  readonly config: Config | null;
  readonly missing: readonly Missing[];
}

/** The settings of a run that can begin: `resolveSettings`, and what is missing is a mistake too. Throws a CommandEnd of status 2. */
export async function resolveConfig(flags: RunFlags): Promise<Config> {
  const { config, missing } = await resolveSettings(flags);
  if (config === null) throw usageError(missing.map(({ sentence }) => sentence).join("\n"));
  return config;
}

/** Flags win over the file, the file over defaults. Paths come out absolute. Throws a CommandEnd of status 2 at a mistake. */
export async function resolveSettings(flags: RunFlags): Promise<Settings> {
  const file = configFile(flags);
  const text = file === null ? emptyText : await read(file);
  const overlaid = overlay(text, flags);
  const checked = checkConfig(ConfigDraft, overlaid);
  if (!checked.ok) throw usageError(checked.error.message);
  const base = file === null || flags.repo !== undefined ? process.cwd() : dirname(resolve(file));
  const draft = {
    ...checked.value,
    repositories: checked.value.repositories.map((entry) => ({ ...entry, ...absolutePaths(entry, base) })),
  };
  const image = draft.sandbox.image;
  if (image !== null && (draft.sandbox.kind !== "docker" || isImagePath(image)))
    draft.sandbox = { ...draft.sandbox, image: resolve(flags.image === undefined ? base : process.cwd(), image) };
  const { toolsetTexts } = draft.rollout;
  if (toolsetTexts !== null) draft.rollout = { ...draft.rollout, toolsetTexts: resolve(base, toolsetTexts) };
  checkTeacher(draft, overlaid);
  checkSandbox(draft);
  const missing = missingOf(draft);
  return { draft, config: missing.length === 0 ? Config.parse(draft) : null, missing };
}

/** The file to read: the one named, the one of the run that goes on, or the one in this folder. */
function configFile(flags: RunFlags): string | null {
  if (flags.config !== undefined) return flags.config;
  const ofRun = flags.run === undefined ? null : join(flags.run, "config.yaml");
  if (ofRun !== null && flags.repo === undefined && existsSync(ofRun)) return ofRun;
  return flags.repo === undefined && existsSync(defaultConfigFile) ? defaultConfigFile : null;
}

const emptyText: ConfigText = { values: {}, locate: () => "settings", flagOf: () => null };

async function read(file: string): Promise<ConfigText> {
  const text = await readConfigFile(file);
  if (!text.ok) throw usageError(text.error.message);
  return text.value;
}

/** Lays flags over the file's values; a problem of a flag's value is told by the flag's name. */
function overlay(text: ConfigText, flags: RunFlags): ConfigText {
  const values: Record<string, unknown> = structuredClone(text.values);
  const origins = new Map<string, string>();
  for (const { path, flag, value } of valuesOfFlags(flags, text.values)) {
    setAt(values, path, value);
    origins.set(JSON.stringify(path), flag);
  }
  const flagOf = (path: readonly PropertyKey[]): string | null => {
    for (let length = path.length; length > 0; length--) {
      const flag = origins.get(JSON.stringify(path.slice(0, length)));
      if (flag !== undefined) return flag;
    }
    return null;
  };
  return { values, locate: (path) => flagOf(path) ?? text.locate(path), flagOf };
}

function setAt(root: Record<string, unknown>, path: readonly (string | number)[], value: unknown): void {
  let place: Record<string | number, unknown> = root;
  for (const [index, part] of path.entries()) {
    if (index === path.length - 1) {
      place[part] = value;
      return;
    }
    const inner = place[part];
    const next = typeof inner === "object" && inner !== null ? inner : typeof path[index + 1] === "number" ? [] : {};
    place[part] = next;
    place = next as Record<string | number, unknown>;
  }
}

/** What settings without a mistake still lack, with the flags that would give it. */
function missingOf({ repositories, teachers: [teacher] }: ConfigDraft): Missing[] {
  const missing: Missing[] = [];
  const lack = (what: Missing["what"], sentence: string): void => void missing.push({ what, sentence });
  if (repositories.length === 0)
    lack(
      "repository",
      "No repository is named: give --repo PATH, or repositories in the config file, or --config FILE or --run DIR that names some.",
    );
  if (teacher === undefined)
    lack(
      "teacher",
      "No teacher is named: give --base-url URL --model NAME (and --api-key-env VAR), or --teacher scripted to try the machine without a model.",
    );
  if (teacher?.kind !== "endpoint") return missing;
  if (teacher.baseUrl === null) lack("teacher", "The teacher has no address: give --base-url URL, or baseUrl under teachers.");
  if (teacher.model === null) lack("teacher", "The teacher's model is not named: give --model NAME, or model under teachers.");
  return missing;
}

function checkTeacher({ teachers: [teacher] }: ConfigDraft, text: ConfigText): void {
  if (teacher?.kind === "endpoint") checkAddresses(teacher, text);
  if (teacher?.kind === "endpoint" && teacher.prices !== null && teacher.gpuPrice !== null)
    throw usageError(`${text.locate(["teachers", 0, "gpuPrice"])}: tokens and hours cannot both be paid: leave out prices or gpuPrice.`);
  if (teacher?.kind === "scripted") {
    const faults = parseFaults(
      Object.entries(teacher.faults)
        .map(([name, share]) => `${name}=${share}`)
        .join(","),
    );
    if (!faults.ok) throw usageError(`${text.locate(["teachers", 0, "faults"])}: ${faults.error}.`);
  }
}

function checkAddresses(
  { baseUrl, endpoints, dialect }: Extract<ConfigDraft["teachers"][number], { kind: "endpoint" }>,
  text: ConfigText,
): void {
  const addresses = [
    ...(baseUrl === null ? [] : [{ url: baseUrl, path: ["teachers", 0, "baseUrl"] }]),
    ...endpoints.map((endpoint, index) => ({ url: endpoint.baseUrl, path: ["teachers", 0, "endpoints", index, "baseUrl"] })),
  ];
  for (const { url, path } of addresses) {
    const base = parseBaseUrl(url, dialect);
    if (!base.ok) throw usageError(`${text.locate(path)}: ${base.error}`);
  }
}

function checkSandbox({ teachers: [teacher], sandbox }: ConfigDraft): void {
  const { kind, image } = sandbox;
  if (kind !== "docker" && image !== null && isDockerfile(image) && !isFolder(image))
    throw usageError(needsEngine(kind, image).error.message);
  if (sandbox.kind === "none" && teacher?.kind === "endpoint") {
    throw usageError(
      "The sandbox none isolates nothing, so it only runs the scripted teacher's commands: use --sandbox bubblewrap or docker for a model.",
    );
  }
  if (sandbox.kind === "none" && sandbox.image !== null) {
    throw usageError("The sandbox none takes no image: leave out --image (image under sandbox), or use --sandbox bubblewrap or docker.");
  }
  if (sandbox.kind === "none" && sandbox.setup.length > 0)
    throw usageError("The sandbox none runs no set-up commands: leave out setup under sandbox, or use --sandbox bubblewrap or docker.");
  if (sandbox.cpus !== null && sandbox.kind !== "docker")
    throw usageError(`The sandbox ${sandbox.kind} cannot bound processors: leave out cpus under sandbox, or use --sandbox docker.`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function absolutePaths(entry: Config["repositories"][number], base: string): { path: string; demonstrations: string | null } {
  const { demonstrations } = entry;
  return {
    path: placeOf(entry.path, base),
    demonstrations: demonstrations === null || demonstrations === "history" ? demonstrations : resolve(base, demonstrations),
  };
}

/** An absolute path without links; an address, and what cannot be read as either, as it is. */
function placeOf(text: string, base: string): string {
  const location = repositoryLocation(text);
  if (!location.ok || location.value.kind === "address") return text;
  const path = resolve(base, location.value.path);
  return existsSync(path) ? realpathSync(path) : path;
}
