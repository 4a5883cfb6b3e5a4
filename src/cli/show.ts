import type { RunStore } from "../ledger/run-store.ts";
import { type CommandModule, type Terminal } from "./command.ts";
import { openRunToRead } from "./open-run-to-read.ts";
import { findShown } from "./show/find.ts";
import type { PageLine } from "./show/page.ts";
import { readShown } from "./show/record.ts";
import { typedCommand } from "./typed-command.ts";
import { readRunOverview, runPage } from "./show/run.ts";

interface ShowFlags {
  readonly full?: boolean;
  readonly json?: boolean;
}

const explanation = `
ID is the id of a lineage, rollout, self-check, pull request, score, snapshot
or sample, or at least 4 characters that only one id begins with; or a function:
its qualified name, PATH:NAME or PATH:LINE. The id of a sample (instance_id in a
dataset) leads back to its function and commit.

--json prints one object on one line. Of a run: its totals, and lineageList.
Of a lineage: {lineage, snapshot, attempts: [{firstRollout, selfCheck}],
pullRequest, secondRollout, verification, outcome, failures, begun, spending};
what is not there is null. Of a sample: {id, kind, lineage, rollout, repository,
commit, path, qualifiedName, language, startLine, endLine, recall, state,
flags: [{reason, where, turn, rule, excerpt}]}.
Of anything else: its record as it is stored.`;

export const register: CommandModule["register"] = (program, terminal) => {
  program
    .command("show")
    .description("Shows a run, or one of its lineages, rollouts, pull requests, scores or samples, to read.")
    .argument("<run>", "run folder")
    .argument("[id]", "what of it to show: an id, how it begins, or a function")
    .option("--full", "whole observations, patches and prompts")
    .option("--json", "print one JSON object")
    .addHelpText("after", explanation)
    .action(async (dir: string, id: string | undefined, flags: ShowFlags) => {
      await using run = await openRunToRead(dir);
      if (id === undefined) await showRun(run, flags, terminal);
      else await showRecord(run, { ...flags, dir, id }, terminal);
    });
};

async function showRun(run: RunStore, { json = false }: ShowFlags, terminal: Terminal): Promise<void> {
  const overview = await readRunOverview(run);
  if (json) terminal.print(JSON.stringify(overview));
  else printPage(await runPage(run, overview), terminal);
}

interface Asked extends ShowFlags {
  /** As the user wrote it. */
  readonly dir: string;
  readonly id: string;
}

async function showRecord(run: RunStore, { dir, id, full = false, json = false }: Asked, terminal: Terminal): Promise<void> {
  const shown = await readShown(run, await findShown(run, id));
  if (json) terminal.print(JSON.stringify(shown.record));
  else printPage(await shown.page({ columns: terminal.columns, full, lineOf: (other) => typedCommand(["show", dir, other]) }), terminal);
}

function printPage(lines: readonly PageLine[], terminal: Terminal): void {
  for (const { text, look } of lines) terminal.print(text, look);
}
