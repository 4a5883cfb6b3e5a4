import { Config } from "../config/config-schema.ts";
import type { CommandModule, Terminal } from "./command.ts";
import { sandboxKinds, temporaryRoot } from "./compose.ts";
import { demoRepository } from "./demo-repository.ts";
import { tellGenerated } from "./generate/tell-generated.ts";
import { runGenerate } from "./generate/run-generate.ts";
import { wholeNumber } from "./flag-number.ts";
import { keepRunningWithoutReader } from "./terminal.ts";
import { typedCommand } from "./typed-command.ts";

interface DemoFlags {
  readonly run?: string;
  readonly lineages: number;
  readonly json?: boolean;
}

export const register: CommandModule["register"] = (program, terminal) => {
  program
    .command("demo")
    .description("The whole journey on a bundled repository with the scripted teacher: no key, no model, about a minute.")
    .option("--run <dir>", "run folder; an existing run goes on")
    .option("--lineages <n>", "functions to follow", wholeNumber(1), 24)
    .option("--json", "print the result as one JSON object")
    .action(async (flags: DemoFlags) => {
      keepRunningWithoutReader();
      terminal.say("The demo's teacher is scripted: it shows how the machine works, and its data is for trying that, not for training.");
      const path = await demoRepository(temporaryRoot);
      const kind = await sandboxKind();
      if (kind === "none")
        terminal.say(
          `bubblewrap does not work here, so the scripted commands run as plain processes (see \`${typedCommand(["doctor"])}\`).`,
        );
      const { lineages } = flags;
      const config = Config.parse({ repositories: [{ path }], teachers: [{ kind: "scripted" }], sandbox: { kind }, lineages });
      const generated = await runGenerate({ config, run: flags.run ?? null, retryFailed: false, metricsPort: null }, terminal);
      tellGenerated(generated, flags.json ?? false, terminal);
      if (generated.status === 0) sayNext(kind, terminal);
    });
};

/** The same on the user's own code: first still without a model, then with one. */
function sayNext(kind: "bubblewrap" | "none", terminal: Terminal): void {
  const generate = ["generate", "--repo", "../my-repo"];
  const scripted = [...generate, "--lineages", "20", "--teacher", "scripted", ...(kind === "none" ? ["--sandbox", "none"] : [])];
  const endpoint = [...generate, "--base-url", "https://api.example.com/v1", "--model", "NAME", "--api-key-env", "VARIABLE"];
  terminal.say("\nNext, on your own repository (in place of ../my-repo), still without a model:");
  terminal.say(`  ${typedCommand(scripted)}`);
  terminal.say("and then with one, behind any endpoint that speaks OpenAI's chat completions:");
  terminal.say(`  ${typedCommand(endpoint)}`);
}

/** The best sandbox that works here; the scripted teacher's commands are ours, so the demo may do without isolation. */
async function sandboxKind(): Promise<"bubblewrap" | "none"> {
  const checks = await (await sandboxKinds.bubblewrap()).probe();
  return checks.every((check) => check.ok) ? "bubblewrap" : "none";
}
