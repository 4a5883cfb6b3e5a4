import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { EditorCommand, Toolset } from "../toolsets/toolset.ts";
import { toolsetByName } from "../toolsets/toolsets.ts";

const sera = toolsetByName("sera");
if (sera === null) throw new Error("there is no toolset sera");
export const toolset: Toolset = sera;

type Action = Extract<ReturnType<Toolset["parse"]>, { ok: true }>["value"];

/** Files in a folder of their own, where an agent's calls are performed with a real shell as at /testbed. */
export class RehearsedTree implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "rehearsal-"));

  constructor(files: Readonly<Record<string, string>>) {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.#folder, path)), { recursive: true });
      writeFileSync(join(this.#folder, path), text);
    }
  }

  /** All that is there now. */
  files(): Record<string, string> {
    const paths = execFileSync("find", [".", "-type", "f"], { cwd: this.#folder, encoding: "utf8" }).trim().split("\n");
    return Object.fromEntries(paths.map((path) => [path.slice(2), readFileSync(join(this.#folder, path), "utf8")]));
  }

  /** The observation of a call. */
  async perform(action: Action): Promise<string> {
    if (action.kind === "bash") return this.shell(action.command);
    if (action.kind === "edit") return await this.#edit(action.edit);
    return action.kind === "submit" ? (toolset.observeReview("the diff") ?? "") : action.observation;
  }

  shell(command: string): string {
    const mapped = `{ ${command.replaceAll("/testbed", this.#folder)}\n} 2>&1 || true`;
    const output = execFileSync("sh", ["-c", mapped], { cwd: this.#folder, encoding: "utf8" }).replaceAll(this.#folder, "/testbed");
    return toolset.observeCommand({
      command,
      output,
      outputTail: "",
      outputBytes: Buffer.byteLength(output),
      ended: "completed",
      exitCode: 0,
      timeoutMs: 1,
    });
  }

  async #edit(command: EditorCommand): Promise<string> {
    const path = command.path.replace("/testbed", this.#folder);
    const subject = existsSync(path)
      ? ({ kind: "file", bytes: readFileSync(path) } as const)
      : ({ kind: "missing", parentExists: true } as const);
    const outcome = await toolset.edit(command, subject, []);
    if (outcome.write !== null) writeFileSync(path, outcome.write);
    return outcome.observation;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
