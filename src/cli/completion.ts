import { Argument } from "commander";
import type { CommandList, CommandModule } from "./command.ts";
import { commandTree, type OfferedCommand } from "./completion/command-tree.ts";
import { bashCompletion } from "./completion/bash.ts";
import { fishCompletion } from "./completion/fish.ts";
import { zshCompletion } from "./completion/zsh.ts";

const scripts: Readonly<Record<string, (tree: OfferedCommand) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

const explanation = `
bash, in ~/.bashrc:                  eval "$(apprentice completion bash)"
zsh, in ~/.zshrc after compinit:     source <(apprentice completion zsh)
fish, in ~/.config/fish/config.fish: apprentice completion fish | source`;

/** The command that knows all commands. */
export function createCompletion(commands: CommandList): CommandModule {
  return {
    register: (program, terminal) => {
      program
        .command("completion")
        .description("Prints a script that completes commands, flags and their values in a shell.")
        .addArgument(new Argument("<shell>", "whose script").choices(Object.keys(scripts)))
        .addHelpText("after", explanation)
        .action(async (shell: string) => {
          const script = scripts[shell];
          if (script === undefined) throw new Error(`no script for ${shell}`);
          terminal.print(script(await commandTree(commands, terminal)).trimEnd());
        });
    },
  };
}
