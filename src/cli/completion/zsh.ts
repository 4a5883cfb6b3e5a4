import type { OfferedCommand, OfferedFlag, OfferedValues } from "./command-tree.ts";

/** A completion script for zsh, to be sourced after compinit or to lie in a folder of `fpath` as `_apprentice`. */
export function zshCompletion(tree: OfferedCommand): string {
  return `#compdef apprentice
# zsh completion of apprentice: source <(apprentice completion zsh)
${functionsOf(tree).join("\n")}
if [ "$funcstack[1]" = _apprentice ]; then _apprentice "$@"; else compdef _apprentice apprentice; fi
`;
}

/** One function a command. */
function functionsOf(command: OfferedCommand): string[] {
  const { flags, subcommands } = command;
  const name = nameOf(command.path);
  const options = flags.map(flagSpec);
  if (subcommands.length === 0) {
    const places = command.values.map((values) => quoted(`:value:${action(values)}`));
    return [`${name}() {\n  _arguments ${[...options, ...places].join(" \\\n    ")}\n}`];
  }
  const listed = subcommands.map(({ path, summary }) => `    ${quoted(`${path.at(-1) ?? ""}:${summary.replaceAll(":", "\\:")}`)}`);
  const cases = subcommands.map(({ path }) => `      ${path.at(-1) ?? ""}) ${nameOf(path)} ;;`);
  const body = `${name}() {
  local curcontext="$curcontext" state line
  local -a subcommands
  subcommands=(
${listed.join("\n")}
  )
  _arguments -C ${[...options, "'1: :->command'", "'*:: :->rest'"].join(" \\\n    ")}
  case $state in
    command) _describe command subcommands ;;
    rest) case $words[1] in
${cases.join("\n")}
    esac ;;
  esac
}`;
  return [body, ...subcommands.flatMap(functionsOf)];
}

function nameOf(path: readonly string[]): string {
  return ["_apprentice", ...path].join("_");
}

function flagSpec({ names, summary, values }: OfferedFlag): string {
  const described = `[${summary.replace(/[[\]:\\]/g, "\\$&")}]`;
  // May repeat: the shell is not told which of them may.
  return names
    .map((name) =>
      quoted(
        `*${name}${values !== null && name.startsWith("--") ? "=" : ""}${described}${values === null ? "" : `:value:${action(values)}`}`,
      ),
    )
    .join(" ");
}

function action(values: OfferedValues): string {
  switch (values.kind) {
    case "choices":
      return `(${values.choices.join(" ")})`;
    case "files":
      return "_files";
    case "folders":
      return "_files -/";
    case "variables":
      return "_parameters -g '*export*'";
    case "unknown":
      return " ";
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
