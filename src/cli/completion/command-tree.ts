import { Command, type Argument, type Option } from "commander";
import { Config } from "../../config/config-schema.ts";
import { schemaNodesAt } from "../../config/schema-nodes.ts";
import type { CommandList, Terminal } from "../command.ts";

/** What may stand for a value, as far as a shell can offer it. */
export type OfferedValues =
  | { readonly kind: "choices"; readonly choices: readonly string[] }
  | { readonly kind: "files" | "folders" | "variables" | "unknown" };

/** `names`: as typed, long first. `values` null: it takes none. */
export interface OfferedFlag {
  readonly names: readonly string[];
  readonly summary: string;
  readonly values: OfferedValues | null;
}

/** A command as a shell completes it; `path`: its words after the program's name. */
export interface OfferedCommand {
  readonly path: readonly string[];
  readonly summary: string;
  readonly flags: readonly OfferedFlag[];
  readonly values: readonly OfferedValues[];
  readonly subcommands: readonly OfferedCommand[];
}

/** Every command with its flags, read from the commands themselves. */
export async function commandTree(commands: CommandList, terminal: Terminal): Promise<OfferedCommand> {
  const program = new Command("apprentice").option("-V, --version", "print the version");
  for (const { load } of Object.values(commands)) (await load()).register(program, terminal);
  const tree = offered(program, []);
  const summaries = new Map(Object.entries(commands).map(([name, { summary }]) => [name, summary]));
  return { ...tree, subcommands: tree.subcommands.map((command) => ({ ...command, summary: summaries.get(command.path[0] ?? "") ?? "" })) };
}

function offered(command: Command, path: readonly string[]): OfferedCommand {
  return {
    path,
    summary: command.description(),
    flags: [...command.options.map(offeredFlag), { names: ["--help", "-h"], summary: "explain this command", values: null }],
    values: command.registeredArguments.map(argumentValues),
    subcommands: command.commands.map((inner) => offered(inner, [...path, inner.name()])),
  };
}

function offeredFlag(option: Option): OfferedFlag {
  const names = [option.long, option.short].filter((name) => typeof name === "string");
  const takesOne = option.required || option.optional;
  return { names, summary: option.description, values: takesOne ? flagValues(option) : null };
}

/** Where the settings file has the words that a flag takes. */
const settings: Readonly<Record<string, readonly (string | number)[]>> = {
  "--privacy": ["privacy"],
  "--sandbox": ["sandbox", "kind"],
  "--dialect": ["teachers", 0, "dialect"],
  "--toolset": ["rollout", "toolset"],
  "--kind": ["dataset", "kind"],
  "--reasoning": ["dataset", "reasoning"],
};

const others: Readonly<Record<string, readonly string[]>> = {
  "--teacher": ["scripted"],
  "--hold-out": ["none"],
  "--as": ["apprentice", "sera"],
  "--format": ["hermes", "messages", "canonical"],
};

function flagValues(option: Option): OfferedValues {
  const flag = option.long ?? "";
  const path = settings[flag];
  const choices = option.argChoices ?? others[flag] ?? (path === undefined ? [] : settingChoices(path));
  return choices.length > 0 ? { kind: "choices", choices } : valuesNamed(/<([^>]+)>/.exec(option.flags)?.[1] ?? "");
}

function settingChoices(path: readonly (string | number)[]): string[] {
  const nodes = schemaNodesAt(Config, path, {});
  return nodes.flatMap((node) => (Array.isArray(node["enum"]) ? node["enum"].map(String) : []));
}

function argumentValues(argument: Argument): OfferedValues {
  const choices = argument.argChoices ?? [];
  return choices.length > 0 ? { kind: "choices", choices } : valuesNamed(argument.name());
}

const kinds: Readonly<Record<string, "files" | "folders" | "variables">> = {
  path: "files",
  file: "files",
  first: "files",
  second: "files",
  repo: "files",
  dir: "folders",
  run: "folders",
  var: "variables",
};

function valuesNamed(name: string): OfferedValues {
  return { kind: kinds[name] ?? "unknown" };
}
