import type { CommandModule } from "./command.ts";
import { register as registerCheck } from "./dataset/check.ts";
import { register as registerExport } from "./dataset/export.ts";
import { register as registerImport } from "./dataset/import.ts";
import { register as registerPush } from "./dataset/push.ts";
import { register as registerSelect } from "./dataset/select.ts";
import { register as registerStats } from "./dataset/stats.ts";
import { register as registerSweep } from "./dataset/sweep.ts";

export const register: CommandModule["register"] = (program, terminal) => {
  const dataset = program.command("dataset").description("Training data from stored rollouts; no model is called.");
  for (const one of [registerSelect, registerExport, registerStats, registerSweep, registerCheck, registerImport, registerPush])
    one(dataset, terminal);
};
