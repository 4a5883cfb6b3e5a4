import type { CommandModule } from "./command.ts";
import { register as registerExport } from "./dataset/export.ts";

export const register: CommandModule["register"] = (program, terminal) => {
  const dataset = program.command("dataset").description("Training data from stored rollouts; no model is called.");
  registerExport(dataset, terminal);
};
