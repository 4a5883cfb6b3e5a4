import { stringify } from "yaml";
import { configJsonSchema } from "../config/config-json-schema.ts";
import type { CommandModule } from "./command.ts";
import { secretsOf } from "./compose.ts";
import { destinationsOf, refusalMend } from "./destinations.ts";
import { resolveSettings } from "./resolve-config.ts";
import { addRunFlags, type RunFlags } from "./run-flags.ts";

export const register: CommandModule["register"] = (program, terminal) => {
  addRunFlags(
    program
      .command("config")
      .description(
        "Prints the settings as `generate` with these flags would use them: flags, file, defaults; secrets as env:NAME. What `generate` still needs is said on standard error.",
      ),
  )
    .option("--schema", "print the JSON Schema of apprentice.yaml instead; editors read it")
    .action(async (flags: RunFlags & { readonly schema?: boolean }) => {
      if (flags.schema === true) return terminal.print(JSON.stringify(configJsonSchema(), null, 2));
      const { draft, config, missing } = await resolveSettings(flags);
      terminal.print(flags.json === true ? JSON.stringify(draft) : stringify(draft).trimEnd());
      for (const { sentence } of missing) terminal.say(`Missing for generate: ${sentence}`);
      const secrets = config === null ? null : secretsOf(config);
      if (secrets?.ok === false)
        terminal.say(
          `Missing for generate: The environment variable ${secrets.error.variable} is not set: export it with the teacher's key.`,
        );
      // Only then is there anything to look up.
      if (draft.privacy !== "local") return;
      for (const { refusal } of await destinationsOf(draft))
        if (refusal !== null) terminal.say(`Refused by generate: ${refusal}: ${refusalMend}.`);
    });
};
