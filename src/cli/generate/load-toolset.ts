import { checkConfig, readConfigFile } from "../../config/load-config.ts";
import type { RolloutConfig } from "../../rollout/rollout-config.ts";
import { ToolsetTextsFile } from "../../toolsets/toolset-texts.ts";
import type { Toolset } from "../../toolsets/toolset.ts";
import { toolsetByName } from "../../toolsets/toolsets.ts";
import { usageError } from "../command.ts";

/** The toolset of a config, with the texts of the user's file where one is named. Throws a CommandEnd of status 2. */
export async function loadToolset({ toolset: name, toolsetTexts }: RolloutConfig): Promise<Toolset> {
  const toolset = toolsetByName(name, toolsetTexts === null ? {} : await readTexts(toolsetTexts));
  if (toolset === null) throw usageError(`There is no toolset "${name}".`);
  if (name === "mini" && toolset.texts.review !== null)
    throw usageError(`${toolsetTexts}: review: the toolset mini has none, so leave it out.`);
  const known = toolset.tools.map((tool) => tool.name);
  const unknown = Object.keys(toolset.texts.descriptions).find((tool) => !known.includes(tool));
  if (unknown !== undefined)
    throw usageError(`${toolsetTexts}: descriptions: the toolset ${name} has no tool "${unknown}"; it has ${known.join(", ")}.`);
  return toolset;
}

async function readTexts(path: string): Promise<ToolsetTextsFile> {
  const text = await readConfigFile(path, "rollout.toolsetTexts");
  if (!text.ok) throw usageError(text.error.message);
  const checked = checkConfig(ToolsetTextsFile, text.value);
  if (!checked.ok) throw usageError(checked.error.message);
  return checked.value;
}
