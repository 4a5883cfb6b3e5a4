import type { CommandModule } from "./command.ts";
import type { WorkerFlags } from "./fleet/work.ts";
import { wholeNumber } from "./flag-number.ts";
import { keepRunningWithoutReader } from "./terminal.ts";

export const register: CommandModule["register"] = (program, terminal) => {
  program
    .command("worker")
    .description("Joins every run that was begun with --database-url-env in the same database: takes lineages and follows them.")
    .option("--database-url-env <var>", "environment variable that holds the database's address", "APPRENTICE_DATABASE_URL")
    .option("--concurrency <n>", "lineages at once", wholeNumber(1, 4096), 8)
    .option("--idle-seconds <n>", "end when no run had work for so long (default: wait for the next run)", wholeNumber(0))
    .option("--json", "print one JSON object a lineage")
    .addHelpText("after", "\nExit status: 0 idle for long enough, 1 failed, 2 usage, 130 Ctrl-C, 143 SIGTERM.")
    .action(async (flags: WorkerFlags) => {
      keepRunningWithoutReader();
      const { work } = await import("./fleet/work.ts");
      await work(flags, terminal);
    });
};
