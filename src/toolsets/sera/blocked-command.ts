/** Programs that take over the terminal: they would wait for input that never comes. */
const terminalPrograms = new Set(["vim", "vi", "emacs", "nano", "gdb", "less"]);

/** Programs that wait for typed input when they stand alone. */
const promptPrograms = new Set(["python", "python3", "ipython", "bash", "sh", "zsh", "dash", "node", "irb"]);

/**
 * Why a command is not run, or null. Judged by the first word of the command as a whole word (with or without its folder), so
 * `makemigrations`, `make` and `virtualenv` run (reference.md §c.3 has the authors' list, matched by prefix).
 */
export function blockedCommand(command: string): string | null {
  const words = firstCommandWords(command);
  const program = words[0]?.replace(/^.*\//, "") ?? "";
  const alone = words.length === 1 && command.trim() === words[0];
  if (terminalPrograms.has(program))
    return `\`${program}\` needs a terminal. Use str_replace_editor to edit, and cat, head, tail or grep to read.`;
  if (promptPrograms.has(program) && alone) return `\`${program}\` alone waits for typed input. Give it a file or a command to run.`;
  if (program === "su" && !words.includes("-c")) return "`su` opens a shell that waits for typed input.";
  if (program === "tail" && words.some(follows)) return "`tail -f` never ends. Use `tail -n` with a number of lines.";
  if (program === "nohup") return "Programs are not kept running behind your back here. Run the command without `nohup`.";
  if (/^python3?$/.test(program) && words[1] === "-m" && words[2] === "venv")
    return "Virtual environments are not made here. Use the interpreter that is installed.";
  return null;
}

/** Words of the first simple command, as far as one can tell without a shell. */
function firstCommandWords(command: string): string[] {
  const [simple = ""] = command.trimStart().split(/[;&|\n<>()]/, 1);
  return simple.split(/\s+/).filter((word) => word !== "");
}

function follows(word: string): boolean {
  return /^-[0-9a-zA-Z]*[fF]$/.test(word) || /^--follow(=|$)/.test(word);
}
