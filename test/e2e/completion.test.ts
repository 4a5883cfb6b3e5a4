import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { skippedIf } from "../../src/base/skipped-if.conformance.ts";
import { call, temporaryFolder, type Folder } from "./command-line.ts";
import { typedProgram } from "./typed-session.ts";

/** A folder with the script of a shell, and something to complete to. */
async function ground(shell: string): Promise<Folder & { script: string }> {
  const folder = await temporaryFolder();
  const printed = await call(["completion", shell]);
  expect([printed.status, printed.stderr]).toEqual([0, ""]);
  const script = join(folder.path, `script.${shell}`);
  writeFileSync(script, printed.stdout);
  mkdirSync(join(folder.path, "runs", "a run"), { recursive: true });
  writeFileSync(join(folder.path, "settings file.yaml"), "");
  return { ...folder, script };
}

function without(shell: string): string | null {
  return spawnSync("sh", ["-c", `command -v ${shell}`]).status === 0 ? null : `${shell} is not installed`;
}

const commands = ["init", "generate", "dataset", "completion"];

describe("bash", () => {
  test("completes commands, flags, values, files and variables", async () => {
    await using folder = await ground("bash");
    /** What is offered for the last word. */
    const offered = (...words: string[]): string[] => {
      const text = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _apprentice; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const args = ["--norc", "-c", text, "bash", folder.script, "apprentice", ...words];
      const environment = { ...process.env, APPRENTICE_TEST_KEY: "x" };
      return execFileSync("bash", args, { cwd: folder.path, encoding: "utf8", env: environment })
        .trim()
        .split("\n")
        .filter((word) => word !== "");
    };
    expect(offered("")).toEqual(expect.arrayContaining(commands));
    expect(offered("gener")).toEqual(["generate"]);
    expect(offered("generate", "--sand")).toEqual(["--sandbox"]);
    expect(offered("generate", "--sandbox", "")).toEqual(expect.arrayContaining(["bubblewrap", "none"]));
    // As bash itself splits --sandbox=n.
    expect(offered("generate", "--sandbox", "=", "n")).toEqual(["none"]);
    expect(offered("generate", "--config", "sett")).toEqual(["settings file.yaml"]);
    expect(offered("generate", "--api-key-env", "APPRENTICE_TEST")).toEqual(["APPRENTICE_TEST_KEY"]);
    expect(offered("generate", "--lineages", "")).toEqual([]);
    expect(offered("show", "runs/")).toEqual(["runs/a run"]);
    expect(offered("show", "generate", "--fu")).toEqual(["--full"]);
    expect(offered("dataset", "").toSorted()).toEqual(["check", "export", "import", "push", "select", "stats", "sweep"]);
    expect(offered("dataset", "export", "--kind", "")).toEqual(["t1", "t2", "both"]);
    expect(offered("completion", "")).toEqual(["bash", "zsh", "fish"]);
  });
});

const noFish = without("fish");
describe("fish", skippedIf(noFish), () => {
  test("completes commands, flags, values and files", async () => {
    await using folder = await ground("fish");
    const offered = (line: string): string[] => {
      const output = execFileSync("fish", ["--no-config", "-c", `source ${folder.script}; complete -C "${line}"`], {
        cwd: folder.path,
        encoding: "utf8",
      });
      return output.split("\n").flatMap((row) => row.split("\t")[0] || []);
    };
    expect(offered("apprentice ")).toEqual(expect.arrayContaining(commands));
    expect(offered("apprentice gener")).toEqual(["generate"]);
    expect(offered("apprentice generate --sandb")).toEqual(expect.arrayContaining(["--sandbox"]));
    expect(offered("apprentice generate --privacy ")).toEqual(["any", "local"]);
    expect(offered("apprentice generate --config sett")).toEqual(["settings file.yaml"]);
    expect(offered("apprentice generate --lineages ")).toEqual([]);
    expect(offered("apprentice show runs/")).toEqual(["runs/a run/"]);
    expect(offered("apprentice dataset ").toSorted()).toEqual(["check", "export", "import", "push", "select", "stats", "sweep"]);
    expect(offered("apprentice dataset export --kind ").toSorted()).toEqual(["both", "t1", "t2"]);
  });
});

const noZsh = without("zsh");
describe("zsh", skippedIf(noZsh), () => {
  test("completes at a terminal what is typed", { timeout: 60_000 }, async () => {
    await using folder = await ground("zsh");
    // What came of the line is printed with its end marked, so that nothing typed is taken for it.
    const setUp = [
      "autoload -Uz compinit",
      "compinit -D -u",
      `source ${folder.script}`,
      "apprentice() { print -r -- GOT:${(j:,:)@}:END }",
      "PS1=READY:",
    ];
    const lines: readonly (readonly [string, string])[] = [
      ["gener\t", "generate"],
      ["generate --sandbox bub\t", "generate,--sandbox,bubblewrap"],
      ["generate --privacy=l\t", "generate,--privacy=local"],
      ["generate --config sett\t", "generate,--config,settings file.yaml"],
      ["show ru\ta\t", "show,runs/a run"],
      ["dataset exp\t--kind bo\t", "dataset,export,--kind,both"],
    ];
    const typing = lines.flatMap(([line, got]) => [["READY:", `apprentice ${line}\r`] as const, [`GOT:${got}:END`, ""] as const]);
    writeFileSync(join(folder.path, ".zshrc"), `${setUp.join("\n")}\n`);
    const ended = await typedProgram(["env", `ZDOTDIR=${folder.path}`, "zsh", "-i"], [...typing, ["READY:", "exit\r"]], folder.path);
    expect(ended.status).toBe(0);
  });
});

test("another shell is a usage error that names those there are", async () => {
  const ended = await call(["completion", "powershell"]);
  expect([ended.status, ended.stdout]).toEqual([2, ""]);
  expect(ended.stderr).toContain("bash, zsh, fish");
});
