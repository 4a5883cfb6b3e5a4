import { Command, CommanderError } from "commander";
import { nearestName } from "../base/nearest-name.ts";
import { storageError, StorageError } from "../ledger/storage-error.ts";
import { CommandEnd, type Terminal } from "./command.ts";
import { commands } from "./commands.ts";
import { createTerminal } from "./terminal.ts";
import { toolVersion } from "./tool-version.ts";
import { typedCommand } from "./typed-command.ts";

async function main(argv: readonly string[], terminal: Terminal): Promise<void> {
  const program = new Command("apprentice")
    .description("Trains an open-weight coding agent on one repository.")
    .version(toolVersion(), "-V, --version")
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.print(text.trimEnd()), writeErr: (text) => terminal.say(text.trimEnd()) })
    .configureHelp({ helpWidth: Math.min(terminal.columns, 100) })
    .addHelpText(
      "after",
      `\nTry it: ${typedCommand(["demo"])}\nOn your own code: ${typedCommand(["generate"])} --repo PATH --base-url URL --model NAME --api-key-env VAR`,
    );
  const name = argv.find((argument) => !argument.startsWith("-"));
  if (name !== undefined && !Object.hasOwn(commands, name)) {
    const near = nearestName(name, Object.keys(commands));
    throw new CommandEnd(
      2,
      `There is no command "${name}"${near === null ? "." : `: did you mean "${near}"?`} \`${typedCommand(["--help"])}\` lists them.`,
    );
  }
  for (const [command, { summary, load }] of Object.entries(commands)) {
    if (name === undefined) program.command(command).summary(summary).description(summary);
    else if (command === name) (await load()).register(program, terminal);
  }
  if (name === undefined && argv.length === 0) program.outputHelp();
  else await program.parseAsync([...argv], { from: "user" });
}

function statusOf(error: unknown, terminal: Terminal): number {
  if (error instanceof CommandEnd) {
    terminal.say(error.message);
    return error.status;
  }
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const problem = storageError(error, "what this command writes");
  // Of other errors of the system only those that a store met on its own ground are none of ours.
  if (problem instanceof StorageError && (problem === error || problem.failure.code === "disk-full")) {
    terminal.say(problem.message);
    return 1;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.say(
    `This is a fault of Apprentice, not of yours; what is in a run folder is safe. Please report it with these lines:\n${detail}`,
  );
  return 1;
}

/** The launcher of a checkout runs us under another Node; when it is gone, so are we. */
function dieWithLauncher(): void {
  if (process.channel === undefined) return;
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.channel?.unref();
}

dieWithLauncher();
const terminal = createTerminal();
try {
  await main(process.argv.slice(2), terminal);
} catch (error) {
  terminal.exit(statusOf(error, terminal));
}
await terminal.flush();
process.exit(terminal.status);
