import { z } from "zod";
import { Config } from "../../config/config-schema.ts";
import { Demonstration } from "../../journey/pull-request/demonstrations.ts";
import { ToolsetTextsFile } from "../../toolsets/toolset-texts.ts";

/**
 * What a worker must know of a run that was begun on another machine: its settings, and what the files that they name held there. Keys are
 * not in it: each worker has them in its own environment.
 */
export const FleetOrder = z.strictObject({
  version: z.literal(1),
  tool: z.string(),
  config: Config,
  identity: z.record(z.string(), z.unknown()),
  retryFailed: z.boolean(),
  toolsetTexts: ToolsetTextsFile,
  /** By name of the repository. */
  demonstrations: z.record(z.string(), z.array(Demonstration)),
});
export type FleetOrder = z.infer<typeof FleetOrder>;
