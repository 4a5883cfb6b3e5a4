import { ok, type Result } from "../../base/result.ts";
import type { ExportedTree } from "../../records/exported-tree.ts";
import type { Failure } from "../../records/failure.ts";
import { FramedShell } from "../framed-shell.ts";
import type { CommandRequest, CommandResult, FileList, FileRead, FileWrite, Sandbox } from "../sandbox.ts";
import { cancelled, sandboxDied } from "../sandbox-failure.ts";
import { untilStopped } from "../until-stopped.ts";
import type { PathMap } from "./path-map.ts";
import { exportPlain } from "./plain-export.ts";
import { PlainFiles } from "./plain-files.ts";
import type { PlainShell } from "./plain-shell.ts";

export interface PlainSandboxParts {
  readonly workspace: string;
  readonly map: PathMap;
  readonly keeper: PlainShell;
  /** Removes the copy, once nothing runs in it. */
  readonly remove: () => Promise<void>;
}

const commandGraceMs = 60_000;
const fileOperationMs = 60_000;

/** A copy of the snapshot and a shell in it, under the paths that a sandbox has. Nothing is kept from the command. */
export class PlainSandbox implements Sandbox {
  readonly #parts: PlainSandboxParts;
  readonly #files: PlainFiles;
  readonly #shell: FramedShell;
  #closed: Promise<void> | null = null;

  constructor(parts: PlainSandboxParts) {
    this.#parts = parts;
    this.#files = new PlainFiles(parts.map);
    this.#shell = new FramedShell(parts.keeper);
  }

  async opened(waitMs: number, signal: AbortSignal): Promise<boolean> {
    return (await untilStopped({ signal, waitMs }, () => this.#shell.opened(waitMs))) === true;
  }

  async run(request: CommandRequest, signal: AbortSignal): Promise<Result<CommandResult, Failure>> {
    const { map } = this.#parts;
    const waitMs = request.timeoutMs + commandGraceMs;
    const mapped = { ...request, command: map.toHost(request.command) };
    const done = await this.#do({ signal, waitMs }, () => this.#shell.run(mapped));
    if (!done.ok) return done;
    return done.value.ok ? ok(mappedBack(done.value.value, map)) : await this.#gone(signal);
  }

  async stat(path: string, signal: AbortSignal): Promise<Result<"file" | "directory" | "other" | null, Failure>> {
    const found = await this.#operate(signal, async () => ({ kind: await this.#files.stat(path) }));
    return found.ok ? ok(found.value.kind) : found;
  }

  async list(path: string, signal: AbortSignal): Promise<Result<FileList, Failure>> {
    return await this.#operate(signal, () => this.#files.list(path));
  }

  async readFile(path: string, limitBytes: number, signal: AbortSignal): Promise<Result<FileRead, Failure>> {
    return await this.#operate(signal, () => this.#files.read(path, limitBytes));
  }

  async writeFile(path: string, bytes: Uint8Array, signal: AbortSignal): Promise<Result<FileWrite, Failure>> {
    return await this.#operate(signal, () => this.#files.write(path, bytes));
  }

  async exportTree(request: { readonly final: boolean }, signal: AbortSignal): Promise<Result<ExportedTree, Failure>> {
    const stop = async (): Promise<true | null> => ((await (request.final ? this.#shell.stop() : this.#shell.restart())) ? true : null);
    const stopped = await this.#operate(signal, stop);
    return stopped.ok ? ok(exportPlain(this.#parts.workspace)) : stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async #close(): Promise<void> {
    this.#shell.die();
    await this.#parts.keeper.close();
    await this.#parts.remove();
  }

  async #operate<Value>(signal: AbortSignal, action: () => Promise<Value | null>): Promise<Result<Value, Failure>> {
    return await this.#do({ signal, waitMs: fileOperationMs }, action);
  }

  async #do<Value>(
    until: { readonly signal: AbortSignal; readonly waitMs: number },
    action: () => Promise<Value | null>,
  ): Promise<Result<Value, Failure>> {
    const done = this.#closed === null ? await untilStopped(until, action) : null;
    return done === null ? await this.#gone(until.signal) : ok(done);
  }

  async #gone(signal: AbortSignal): Promise<{ readonly ok: false; readonly error: Failure }> {
    await this[Symbol.asyncDispose]();
    return signal.aborted ? cancelled() : sandboxDied("The shell has ended and no other opens.");
  }
}

/** Bytes are counted as if the paths had been ours to begin with. */
function mappedBack(result: CommandResult, map: PathMap): CommandResult {
  const output = map.toSandbox(result.output);
  const difference = Buffer.byteLength(result.output) - Buffer.byteLength(output);
  return { ...result, output, outputTail: map.toSandbox(result.outputTail), outputBytes: result.outputBytes - difference };
}
