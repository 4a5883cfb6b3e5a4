import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ConfigText } from "../../config/config-text.ts";
import { checkConfig, readConfigFile } from "../../config/load-config.ts";
import { Recipe } from "../../journey/dataset/recipe.ts";
import { usageError } from "../command.ts";
import type { SelectionFlags } from "./selection-flags.ts";

const shipped = new URL("../../../recipes/", import.meta.url);

/** Names of the recipes that come with Apprentice. */
export function shippedRecipes(): string[] {
  const folder = fileURLToPath(shipped);
  return existsSync(folder) ? readdirSync(folder).flatMap((name) => (name.endsWith(".yaml") ? [name.slice(0, -".yaml".length)] : [])) : [];
}

/** The recipe a command line names, shipped or a file, with the flags over it. Throws a CommandEnd of status 2 at a mistake. */
export async function readRecipe(flags: SelectionFlags): Promise<Recipe> {
  const text = flags.recipe === undefined ? empty : await textOf(flags.recipe);
  const checked = checkConfig(Recipe, overlaid(text, flags));
  if (!checked.ok) throw usageError(checked.error.message);
  return checked.value;
}

const empty: ConfigText = { values: {}, locate: () => "recipe", flagOf: () => null };

async function textOf(name: string): Promise<ConfigText> {
  const names = shippedRecipes();
  const path = names.includes(name) ? fileURLToPath(new URL(`${name}.yaml`, shipped)) : name;
  if (!existsSync(path)) throw usageError(`There is no recipe ${name}: name a file, or one of ${names.toSorted().join(", ")}.`);
  const text = await readConfigFile(path, "--recipe");
  if (!text.ok) throw usageError(text.error.message);
  return text.value;
}

function overlaid(
  text: ConfigText,
  { kind, threshold, context, limit, seed, order, reasoning, flagged, redact }: SelectionFlags,
): ConfigText {
  const given = Object.entries({ kind, threshold, context, limit, seed, order, reasoning, flagged, redact }).filter(
    ([, value]) => value !== undefined,
  );
  const flagOf = (path: readonly PropertyKey[]): string | null =>
    given.some(([name]) => name === path[0]) ? `--${String(path[0])}` : null;
  return {
    values: { ...text.values, ...Object.fromEntries(given) },
    locate: (path) => flagOf(path) ?? text.locate(path),
    flagOf,
  };
}
