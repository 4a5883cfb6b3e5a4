import { once } from "node:events";
import { contentFaults, parseFaults, transportFaults } from "../scripted/fault.ts";
import { startScriptedTeacher } from "../scripted/scripted-teacher.ts";
import { commandFailed, usageError, type CommandModule } from "./command.ts";
import { wholeNumber } from "./flag-number.ts";

interface TeacherFlags {
  readonly port: number;
  readonly seed: number;
  readonly latencyMs: number;
  readonly faults?: string;
  readonly faultsInARow?: number;
  readonly log?: string;
}

export const register: CommandModule["register"] = (program, terminal) => {
  program
    .command("teacher")
    .description("Serves the scripted teacher on loopback in both dialects; the first line tells its address. For trying the machine.")
    .option("--port <n>", "port; 0 takes a free one", wholeNumber(0, 65_535), 0)
    .option("--seed <n>", "seed of what it plays", wholeNumber(0), 0)
    .option("--latency-ms <n>", "time to the first byte of a reply", wholeNumber(0), 0)
    .option(
      "--faults <list>",
      `shares of requests, such as 429=0.05,stall=0.01; names: ${[...transportFaults, ...contentFaults].join(" ")}`,
    )
    .option("--faults-in-a-row <n>", "at most so many faults of one request in a row", wholeNumber(1))
    .option("--log <file>", "one JSON line a request, written before the reply ends")
    .option("--json", "the output is JSON in any case")
    .action(async (flags: TeacherFlags) => {
      const faults = parseFaults(flags.faults ?? "");
      if (!faults.ok) throw usageError(faults.error);
      const { port, seed, latencyMs } = flags;
      const faultsInARow = flags.faultsInARow ?? null;
      const options = { port, seed, latencyMs, faults: faults.value, faultsInARow, logPath: flags.log ?? null };
      await using teacher = await startScriptedTeacher(options).catch((error: unknown) => {
        throw commandFailed(
          `The teacher could not start (${error instanceof Error ? error.message : String(error)}): try another --port or --log.`,
        );
      });
      terminal.print(JSON.stringify({ url: teacher.url, openaiBaseUrl: teacher.openaiBaseUrl }));
      terminal.say("This teacher is scripted: its data is for trying the machine, not for training. Ctrl-C ends it.");
      const ended = new AbortController();
      const { signal } = ended;
      const status = await Promise.race([
        once(process, "SIGINT", { signal }).then(() => 130),
        once(process, "SIGTERM", { signal }).then(() => 143),
      ]);
      ended.abort();
      terminal.exit(status);
    });
};
