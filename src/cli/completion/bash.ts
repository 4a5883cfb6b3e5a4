import type { OfferedCommand, OfferedValues } from "./command-tree.ts";

/** A completion script for bash 3.2 and newer. */
export function bashCompletion(tree: OfferedCommand): string {
  const all = withInner(tree);
  const moves = all
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => `      ${JSON.stringify(moveOf(path))}) command=${JSON.stringify(path.join(" "))} ;;`);
  return `# bash completion of apprentice: eval "$(apprentice completion bash)"
_apprentice_offer() {
  local IFS=$'\\n'
  COMPREPLY=($("$@"))
}
_apprentice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="" index
  COMPREPLY=()
  if [ "$current" = "=" ]; then current=""
  elif [ "$before" = "=" ] && [ "$COMP_CWORD" -gt 1 ]; then before="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$command \${COMP_WORDS[index]}" in
${moves.join("\n")}
    esac
  done
  case "$command" in
${all.map(commandCase).join("\n")}
  esac
}
complete -F _apprentice apprentice
`;
}

function withInner(command: OfferedCommand): OfferedCommand[] {
  return [command, ...command.subcommands.flatMap(withInner)];
}

function moveOf(path: readonly string[]): string {
  return `${path.slice(0, -1).join(" ")} ${path.at(-1) ?? ""}`;
}

function commandCase({ path, flags, values, subcommands }: OfferedCommand): string {
  const withValues = flags.flatMap(({ names, values }) =>
    values === null ? [] : [`        ${names.join("|")}) ${offer(values)}; return ;;`],
  );
  const names = flags.flatMap(({ names }) => names).join(" ");
  const plain = subcommands.length > 0 ? words(subcommands.map(({ path }) => path.at(-1) ?? "")) : offer(values[0] ?? { kind: "unknown" });
  return `    ${JSON.stringify(path.join(" "))})
      case "$before" in
${[...withValues, "        *) ;;"].join("\n")}
      esac
      case "$current" in
        -*) ${words([names])} ;;
        *) ${plain} ;;
      esac ;;`;
}

function offer(values: OfferedValues): string {
  switch (values.kind) {
    case "choices":
      return words(values.choices);
    case "files":
      return `compopt -o filenames 2>/dev/null; _apprentice_offer compgen -f -- "$current"`;
    case "folders":
      return `compopt -o filenames 2>/dev/null; _apprentice_offer compgen -d -- "$current"`;
    case "variables":
      return `_apprentice_offer compgen -e -- "$current"`;
    case "unknown":
      return ":";
  }
}

function words(choices: readonly string[]): string {
  return `COMPREPLY=($(compgen -W '${choices.join(" ")}' -- "$current"))`;
}
