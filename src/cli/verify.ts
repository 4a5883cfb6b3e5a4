import { verifyRun } from "../journey/verify-run.ts";
import { commandFailed, type CommandModule } from "./command.ts";
import { commandScratch, runWriter } from "./compose.ts";
import { openRunToRead } from "./open-run-to-read.ts";

export const register: CommandModule["register"] = (program, terminal) => {
  program
    .command("verify")
    .description("Checks a run against itself: stores, journal, artifacts, outcomes, patches, scores and dataset.")
    .argument("<run>", "run folder")
    .option("--json", "print one JSON object")
    .action(async (dir: string, flags: { readonly json?: boolean }) => {
      const writer = await runWriter(dir);
      if (writer !== null) throw commandFailed(`This run is under way (process ${writer}): verify it when that has ended.`);
      await using run = await openRunToRead(dir);
      await using scratch = await commandScratch();
      const problems = await verifyRun(run, scratch.path, new AbortController().signal);
      const ok = problems.length === 0;
      if (flags.json === true) terminal.print(JSON.stringify({ ok, problems }));
      else terminal.print(ok ? "ok: stores, journal, artifacts, outcomes, patches, scores and dataset agree" : problems.join("\n"));
      if (!ok) terminal.exit(1);
    });
};
