import { stringify } from "yaml";
import type { CommandModule } from "./command.ts";
import { resolveConfig } from "./resolve-config.ts";
import { addRunFlags, type RunFlags } from "./run-flags.ts";

export const register: CommandModule["register"] = (program, terminal) => {
  addRunFlags(
    program
      .command("config")
      .description("Prints the configuration as `generate` would use it: flags, file, defaults; secrets as env:NAME."),
  ).action(async (flags: RunFlags) => {
    const config = await resolveConfig(flags);
    terminal.print(flags.json === true ? JSON.stringify(config) : stringify(config).trimEnd());
  });
};
