import { relative, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import type { Config } from "../../config/config-schema.ts";
import { priceOf } from "../../model/prices.ts";
import { repositoryLocation } from "../../repository/repository-location.ts";

export interface InitFile {
  readonly config: Config;
  /** Where the file will be, absolute: paths in it are told from there. */
  readonly out: string;
  /** What was seen of each repository, in a line. */
  readonly summaries: readonly string[];
  /** That docker could build here; null: none was seen, or docker does not work. */
  readonly dockerfile: string | null;
}

/** The schema that ships beside the sources and beside the build. */
const schemaPath = join(import.meta.dirname, "..", "..", "..", "apprentice.schema.json");

const sandboxes: Readonly<Record<string, string>> = {
  bubblewrap: "isolated: no network, no files of yours",
  docker: "isolated: no network, no files of yours",
  none: "plain processes, only for the scripted teacher",
};

/** The text of an `apprentice.yaml` with these settings: only what was chosen, each with a word on it. */
export function initFile({ config, out, summaries, dockerfile }: InitFile): string {
  const [teacher] = config.teachers;
  if (teacher === undefined) throw new Error("a checked config names a teacher");
  const lines = [
    `# yaml-language-server: $schema=${schemaFrom(out)}`,
    "# `apprentice config` prints all settings, with the defaults of those that are not here.",
    "",
    "# local: text goes only to this machine, private networks and allowedHosts.",
    "# any: to every endpoint named here.",
    `privacy: ${config.privacy}`,
    "",
    "repositories:",
    ...config.repositories.flatMap(({ path }, index) => [`  # ${summaries[index] ?? ""}`, `  - path: ${scalar(pathFrom(out, path))}`]),
    '    # exclude: ["legacy/**"]',
    "",
    "sandbox:",
    `  kind: ${config.sandbox.kind}  # ${sandboxes[config.sandbox.kind] ?? "where the agent's commands run"}`,
    ...imageLines(config.sandbox, dockerfile === null ? null : pathFrom(out, dockerfile)),
    "",
    "teachers:",
    ...teacherLines(teacher),
    "",
    `lineages: ${config.lineages}  # functions to follow; may grow when the run goes on`,
    config.budgetUsd === null
      ? "# budgetUsd: 20  # stop when so many dollars are spent"
      : `budgetUsd: ${config.budgetUsd}  # dollars; the run stops there`,
  ];
  return `${lines.join("\n")}\n`;
}

function imageLines({ kind, image }: Config["sandbox"], dockerfile: string | null): string[] {
  if (kind !== "docker")
    return dockerfile === null ? [] : [`  # or kind: docker with image: ${scalar(dockerfile)}, which is built of each commit's files`];
  if (dockerfile !== null && image !== null) return [`  image: ${scalar(dockerfile)}  # built of each commit's files`];
  return ["  # image: my-project:latest  # needed: a name, a tar or a Dockerfile"];
}

function teacherLines(teacher: Config["teachers"][number]): string[] {
  if (teacher.kind === "scripted")
    return [
      "  # The built-in teacher tries the machine; its data is not for training.",
      "  # A model instead, on a server of your own:",
      "  # - kind: endpoint",
      "  #   baseUrl: http://127.0.0.1:8000/v1",
      "  #   model: NAME",
      "  #   apiKey: env:TEACHER_KEY",
      "  - kind: scripted",
    ];
  const { dialect, baseUrl, model, apiKey, endpoints } = teacher;
  return [
    "  - kind: endpoint",
    `    dialect: ${dialect}`,
    `    baseUrl: ${scalar(baseUrl ?? "")}`,
    `    model: ${scalar(model)}`,
    apiKey === null ? "    # apiKey: env:TEACHER_KEY" : `    apiKey: ${apiKey}  # the variable's name, never the key`,
    ...(endpoints.length === 0 ? [] : ["    endpoints:"]),
    ...endpoints.map((each) => `      - {baseUrl: ${scalar(each.baseUrl)}, apiKey: ${each.apiKey ?? "null"}}`),
    ...(priceOf(model) === null
      ? [
          "    # US dollars a million tokens; a budget needs them:",
          "    # prices: {inputPerMtok: 0.6, cachedPerMtok: 0.11, outputPerMtok: 2.2}",
        ]
      : []),
  ];
}

/** On one line, quoted where YAML would read something else. */
function scalar(text: string): string {
  return stringify(text, { lineWidth: 0, blockQuote: false }).trimEnd();
}

/** A path that editors understand: from the file where that is beneath it, else absolute. */
function schemaFrom(out: string): string {
  const path = relative(dirname(out), schemaPath);
  if (!path.startsWith("..")) return `./${path}`;
  return pathToFileURL(schemaPath).href;
}

function pathFrom(out: string, path: string): string {
  const location = repositoryLocation(path);
  if (!location.ok || location.value.kind === "address") return path;
  const from = relative(dirname(out), resolve(location.value.path));
  if (from === "") return ".";
  return /^\.\.(\/|$)/.test(from) ? from : `./${from}`;
}
