import type { Scrubber } from "../../base/secret.ts";
import type { Config } from "../../config/config-schema.ts";
import type { DrawnLineages, JourneyEvents } from "../../journey/run-journey.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { RunStore } from "../../ledger/run-store.ts";
import { repositoryLocation } from "../../repository/repository-location.ts";
import type { Terminal } from "../command.ts";
import { counted, heldOutText } from "../counted.ts";
import type { Progress } from "./progress.ts";
import { shownPath, writeConfig } from "../run-folder.ts";
import type { RunMetrics } from "./run-metrics.ts";
import type { RunLog } from "./run-log.ts";
import type { RunWatch } from "./run-watch.ts";
import { typedCommand } from "../typed-command.ts";

export interface EventParts {
  readonly run: RunStore;
  readonly log: RunLog;
  readonly scrubber: Scrubber;
  readonly config: Config;
  /** The teacher and the sandbox, told when nothing was refused. */
  readonly place: string;
  readonly progress: Progress;
  /** Null: nobody watches. */
  readonly metrics: RunMetrics | null;
  readonly watch: RunWatch;
  readonly terminal: Terminal;
}

/** What a run tells while it is on: to the person at the terminal, and to its log. */
export function journeyEvents(parts: EventParts): JourneyEvents {
  const { run, log, scrubber, config, place, progress, metrics, watch, terminal } = parts;
  return {
    intakeBegins(path) {
      const location = repositoryLocation(path);
      if (location.ok && location.value.kind === "address") terminal.say(`Fetching ${path} …`);
    },
    intakeDone({ repository, cut, snapshots, uncommitted, origin, leftOut, folder }) {
      const held = heldOutText(cut.heldOut, cut.totalCommits);
      const left = `${leftOutText(uncommitted ?? 0, "uncommitted path")}${leftOutText(leftOut, "ignored or .env file")}`;
      const within = folder === "" ? "" : `; functions of ${folder} only`;
      const from = origin === "folder" ? "it is under no git, so its files are taken as one commit; " : "";
      terminal.say(`${repository}: ${counted(snapshots.length, "snapshot")}; ${from}${held} (${cut.rule})${within}${left}.`);
      log.write("intake-done", { repository, cut, snapshots, uncommitted, origin, leftOut, folder });
    },
    setupBegins({ index, count, commands }) {
      const which = count === 1 ? "the snapshot" : `snapshot ${index + 1} of ${count}`;
      terminal.say(`Set-up of ${which}: ${counted(commands, "command")} …`);
      log.write("setup-begins", { index, count });
    },
    async lineagesDrawn(drawn) {
      await writeConfig(run.dir, scrubber, config);
      terminal.say(place);
      terminal.say(`Run folder: ${shownPath(run.dir)}`);
      if (metrics !== null) terminal.say(`Metrics: ${metrics.url}`);
      for (const line of await drawnLines(drawn, parts)) terminal.say(line);
      const { total, due, already } = drawn;
      if (due > 0) progress.start({ total, ...already, steps: await storedSteps(run.ledger) });
      log.write("lineages-drawn", { lineages: total });
    },
    lineageBegan: (lineage) => log.write("lineage-began", { lineage: lineage.key }),
    lineageEnded(outcome) {
      progress.ended(outcome);
      metrics?.lineageEnded(outcome);
      watch.lineageEnded(outcome);
      log.write("lineage-ended", { outcome });
    },
  };
}

function leftOutText(count: number, what: string): string {
  return count === 0 ? "" : `; ${counted(count, what)} ${count === 1 ? "is" : "are"} left out`;
}

/** Of rollouts that are finished; a rollout under way counts its own again while it is replayed. */
async function storedSteps(ledger: Ledger): Promise<number> {
  let sum = 0;
  for (const [steps, rollouts] of await ledger.tally("rollout")) sum += steps * rollouts;
  return sum;
}

/** Where what is followed is not what the user may expect. */
async function drawnLines({ total, due, already }: DrawnLineages, { run, config }: EventParts): Promise<string[]> {
  const wanted = config.lineages;
  const known = await run.ledger.count("lineage");
  const lines: string[] = [];
  if (total < wanted) lines.push(`Only ${counted(total, "function")} can be followed; ${wanted} were asked for.`);
  if (known > total)
    lines.push(
      `This run has ${counted(known, "lineage")} already; --lineages ${wanted} follows the first ${total === 1 ? "" : `${total} `}only.`,
    );
  if (due > 0) return lines;
  const goOn = (...words: string[]): string => typedCommand(["generate", "--run", shownPath(run.dir), ...words]);
  lines.push(`Nothing is left to do: ${total === 1 ? "the one lineage is" : `all ${total} lineages are`} done.`);
  if (total === wanted) lines.push(`For more lineages: ${goOn("--lineages", String(Math.max(2 * total, known)))}`);
  if (already.failed > 0) lines.push(`To try the ${already.failed} failed again: ${goOn("--retry-failed")}`);
  return lines;
}
