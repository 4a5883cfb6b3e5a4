import type { OfferedCommand, OfferedFlag, OfferedValues } from "./command-tree.ts";

/** A completion script for fish 3 and newer. */
export function fishCompletion(tree: OfferedCommand): string {
  return `# fish completion of apprentice: apprentice completion fish | source
complete -c apprentice -f
${linesOf(tree).join("\n")}
`;
}

function linesOf(command: OfferedCommand): string[] {
  const { path, flags, values, subcommands } = command;
  const here = conditionOf(command);
  const offers = subcommands.map((inner) => line(here, `-a ${inner.path.at(-1) ?? ""} -d ${quoted(inner.summary)}`));
  const places = path.length === 0 || subcommands.length > 0 ? [] : values.slice(0, 1).flatMap((value) => placeLines(here, value));
  return [...offers, ...places, ...flags.map((flag) => flagLine(here, flag)), ...subcommands.flatMap(linesOf)];
}

/** Holds where the words so far are this command's and no inner one's. */
function conditionOf({ path, subcommands }: OfferedCommand): string {
  if (path.length === 0) return "__fish_use_subcommand";
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const inner = subcommands.map(({ path }) => path.at(-1) ?? "").join(" ");
  return [...seen, ...(inner === "" ? [] : [`not __fish_seen_subcommand_from ${inner}`])].join("; and ");
}

function flagLine(here: string, { names, summary, values }: OfferedFlag): string {
  const spelled = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return line(here, [...spelled, ...(values === null ? [] : [valueOptions(values)]), `-d ${quoted(summary)}`].join(" "));
}

function placeLines(here: string, values: OfferedValues): string[] {
  if (values.kind === "unknown") return [];
  if (values.kind === "files") return [line(here, "-F")];
  return [line(here, valueOptions(values).replace("-x ", ""))];
}

function valueOptions(values: OfferedValues): string {
  switch (values.kind) {
    case "choices":
      return `-x -a ${quoted(values.choices.join(" "))}`;
    case "files":
      return "-r -F";
    case "folders":
      return "-x -a '(__fish_complete_directories)'";
    case "variables":
      return "-x -a '(set -nx)'";
    case "unknown":
      return "-x";
  }
}

function line(here: string, rest: string): string {
  return `complete -c apprentice -n ${quoted(here)} ${rest}`;
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
