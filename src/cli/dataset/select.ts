import { resolve } from "node:path";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import { contentId, sha256Hex } from "../../base/hash.ts";
import { DropCounter } from "../../journey/dataset/collect-samples.ts";
import type { Chosen } from "../../journey/dataset/candidate.ts";
import type { Recipe } from "../../journey/dataset/recipe.ts";
import { chosenSamples, RecipeError } from "../../journey/dataset/select-samples.ts";
import { totalsOf } from "../../journey/dataset/selection-totals.ts";
import { atStorage } from "../../ledger/storage-error.ts";
import { usageError, type CommandModule, type Terminal } from "../command.ts";
import { count, counted } from "../counted.ts";
import { shownPath } from "../run-folder.ts";
import { openSelection } from "./open-selection.ts";
import { addSelectionFlags, type SelectionFlags } from "./selection-flags.ts";
import { tellDropped } from "./tell-dropped.ts";

interface SelectFlags extends SelectionFlags {
  readonly out?: string;
  readonly json?: boolean;
}

export const register: CommandModule["register"] = (dataset, terminal) => {
  const command = dataset
    .command("select")
    .description("Says which samples of runs a recipe takes; with --out their ids, in a file to look at. No sample is written.")
    .argument("<run...>", "run folders");
  addSelectionFlags(command)
    .optionsGroup("Output:")
    .option("--out <dir>", "folder for selection.json")
    .option("--json", "print the result as one JSON object")
    .action(async (dirs: readonly string[], flags: SelectFlags) => await select(dirs, flags, terminal));
};

async function select(dirs: readonly string[], flags: SelectFlags, terminal: Terminal): Promise<void> {
  await using selection = await openSelection(dirs, flags);
  const dropped = new DropCounter();
  const { chosen } = await chosenSamples(selection.order, dropped).catch(asUsage);
  const totals = totalsOf(chosen);
  const files =
    flags.out === undefined ? [] : [await writeSelection(resolve(flags.out), { recipe: selection.order.recipe, chosen, dropped })];
  const reports = await selection.writeReport();
  if (flags.json === true) {
    const { counts, notes, flagged } = dropped;
    terminal.print(JSON.stringify({ ...totals, files, dropped: counts, notes, flagged, reports: reports.map((path) => resolve(path)) }));
    return;
  }
  const { samples, kinds, tokens } = totals;
  const ofKinds = [
    `${count(kinds.t1)} T1`,
    `${count(kinds.t2)} T2`,
    ...(kinds.other === 0 ? [] : [`${count(kinds.other)} of neither kind`]),
  ];
  terminal.print(`${counted(samples, "sample")} (${ofKinds.join(", ")})`);
  if (tokens !== null) terminal.print(counted(tokens, "token"));
  tellDropped(dropped, terminal);
  for (const path of [...files.map((file) => file.path), ...reports]) terminal.print(shownPath(path));
}

/** What the order lacks is what the user wrote. */
export function asUsage(error: unknown): never {
  if (error instanceof RecipeError) throw usageError(error.message);
  throw error;
}

interface Selected {
  readonly recipe: Recipe;
  readonly chosen: readonly Chosen[];
  readonly dropped: DropCounter;
}

/** Every sample that was taken, in its order; the same recipe and ledgers give the same bytes. */
async function writeSelection(folder: string, { recipe, chosen, dropped }: Selected) {
  const samples = chosen.map(({ candidate, cut }) => {
    const { id, kind, ref, repository, path, qualifiedName, recall, tokens } = candidate;
    const whole = tokens === null ? null : { steps: 1, messages: 1 };
    return {
      id,
      kind,
      rollout: ref.rollout,
      repository,
      path,
      qualifiedName,
      recall,
      tokens: cut?.tokens ?? tokens,
      ratios: cut?.ratios ?? whole,
    };
  });
  const { counts, notes } = dropped;
  const head = { version: 1, id: contentId([recipe, samples.map(({ id }) => id)]), recipe, dropped: counts, notes };
  const text = `${JSON.stringify({ ...head, samples }, null, 2)}\n`;
  const path = resolve(folder, "selection.json");
  await atStorage(`the selection in ${folder}`, async () => await writeFileAtomic(path, text));
  return { path, sha256: sha256Hex(text), rows: samples.length };
}
