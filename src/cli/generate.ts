import type { CommandModule } from "./command.ts";
import { addRunFlags, type RunFlags } from "./run-flags.ts";
import { keepRunningWithoutReader } from "./terminal.ts";

export const register: CommandModule["register"] = (program, terminal) => {
  addRunFlags(program.command("generate").description("Runs the journey from repositories to training data, or goes on with a run."))
    .addHelpText("after", "\nExit status: 0 done, 1 failed or nothing kept, 2 usage, 3 budget spent, 130 Ctrl-C, 143 SIGTERM.")
    .action(async (flags: RunFlags) => {
      keepRunningWithoutReader();
      // Loaded here, so that --help and a mistake in the flags are answered at once.
      const [{ resolveConfig }, { runGenerate }, { tellGenerated }] = await Promise.all([
        import("./resolve-config.ts"),
        import("./generate/run-generate.ts"),
        import("./generate/tell-generated.ts"),
      ]);
      const config = await resolveConfig(flags);
      const { run = null, retryFailed = false, metricsPort = null } = flags;
      const generated = await runGenerate({ config, run, retryFailed, metricsPort }, terminal);
      tellGenerated(generated, flags.json ?? false, terminal);
    });
};
