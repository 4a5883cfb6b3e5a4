import { Command, CommanderError } from "commander";
import { nearestName } from "../base/nearest-name.ts";
import { storageError, StorageError } from "../ledger/storage-error.ts";
import { CommandEnd, type CommandModule, type Terminal } from "./command.ts";
import { createTerminal } from "./terminal.ts";
import { toolVersion } from "./tool-version.ts";
import { typedCommand } from "./typed-command.ts";

/** Every command: what it does in a line, and where it is; only the one that is called is loaded. */
const commands: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<CommandModule> }>> = {
  generate: { summary: "the journey from a repository to training data; resumes by itself", load: () => import("./generate.ts") },
  demo: {
    summary: "the journey on a bundled repository with the scripted teacher: no key, about a minute",
    load: () => import("./demo.ts"),
  },
  report: { summary: "yield, reasons, tokens and cost of a run; writes report.html", load: () => import("./report.ts") },
  show: { summary: "one run, lineage, rollout or sample, to read", load: () => import("./show.ts") },
  verify: { summary: "checks a run against itself", load: () => import("./verify.ts") },
  dataset: { summary: "exports stored rollouts as training data; no new model calls", load: () => import("./dataset.ts") },
  functions: { summary: "lists the functions of a repository", load: () => import("./functions.ts") },
  compare: { summary: "scores two patches by their changed lines", load: () => import("./compare.ts") },
  teacher: { summary: "the scripted teacher as a server", load: () => import("./teacher.ts") },
  config: { summary: "prints the resolved configuration", load: () => import("./config.ts") },
  clean: { summary: "removes what dead processes left, and images and caches", load: () => import("./clean.ts") },
  doctor: { summary: "checks git, sandboxes, disk and the teacher, and says how to mend each", load: () => import("./doctor.ts") },
};

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
      "\nTry it: apprentice demo\nOn your own code: apprentice generate --repo PATH --base-url URL --model NAME --api-key-env VAR",
    );
  const name = argv.find((argument) => !argument.startsWith("-"));
  if (name !== undefined && !Object.hasOwn(commands, name)) {
    const near = nearestName(name, Object.keys(commands));
    throw new CommandEnd(
      2,
      `There is no command "${name}"${near === null ? "" : `: did you mean "${near}"?`} \`${typedCommand(["--help"])}\` lists them.`,
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
