import type { Duplex, Readable, Writable } from "node:stream";
import { err, ok, type Result } from "../base/result.ts";
import type { ExportedTree } from "../records/exported-tree.ts";
import type { Failure } from "../records/failure.ts";
import { ControlChannel } from "./control-channel.ts";
import { FileChannel } from "./file-channel.ts";
import { FramedShell } from "./framed-shell.ts";
import type { CommandRequest, CommandResult, FileList, FileRead, FileWrite, Sandbox } from "./sandbox.ts";
import { cancelled, notOpened, sandboxDied } from "./sandbox-failure.ts";
import { untilStopped } from "./until-stopped.ts";
import { within } from "./within.ts";

/** A started supervisor (supervisor.sh), however it was started. */
export interface SupervisedParts {
  /** Tells its words from what commands print: 32 hexadecimal digits. */
  readonly secret: string;
  /** Its fd 3. */
  readonly control: Duplex;
  /** Its fd 4. */
  readonly shellInput: Writable;
  /** Its fd 5; a pipe on its side, so that commands can open /dev/stdout. */
  readonly output: Readable;
  /** null: not limited by the supervisor. */
  readonly limits: { readonly processes: number | null; readonly dataKiB: number | null };
  /** Ends every process of the sandbox and frees what it holds; settles when nothing is left. Called once. */
  readonly close: () => Promise<void>;
  /** A shell that ends from now on need not be opened again. */
  readonly letShellEnd?: () => void;
  /** Why the sandbox ended without our doing; null: not known. */
  readonly explainEnd?: () => Promise<Failure | null>;
  /** What the workspace became, while nothing of the agent's runs. */
  readonly exportWorkspace: (signal: AbortSignal) => Promise<Result<ExportedTree, Failure>>;
}

/** A file operation or a kill that takes longer has been brought to a halt by something in the sandbox. */
const fileOperationMs = 60_000;
/** When the supervisor's child, which answers, is gone (`kill -9 -1`), the supervisor puts it back once the shell ends. */
const silenceMs = 10_000;
const killMs = 20_000;
/** Beyond a command's own deadline, with everything that is done then. */
const commandGraceMs = 60_000;

/** A sandbox behind a supervisor: commands by the framed shell, files by the supervisor, export by the backend. */
export class SupervisedSandbox implements Sandbox {
  readonly #parts: SupervisedParts;
  readonly #control: ControlChannel;
  readonly #files: FileChannel;
  readonly #shell: FramedShell;
  #closed: Promise<void> | null = null;
  #exported: Readable | null = null;
  /** Why it ended without our doing, once that was asked. */
  #cause: Promise<Failure | null> | null = null;

  constructor(parts: SupervisedParts) {
    this.#parts = parts;
    this.#control = new ControlChannel(parts.control);
    this.#files = new FileChannel(this.#control);
    const { secret } = parts;
    parts.shellInput.on("error", () => this.#shell.die());
    for (const ending of ["close", "end", "error"]) parts.control.on(ending, () => this.#shell.die());
    this.#shell = new FramedShell({
      secret,
      output: parts.output,
      write: (text) => parts.shellInput.write(text),
      killDescendants: (pid) => this.#kill("kill_descendants", pid),
      killAll: (pid) => this.#kill("kill_all", pid),
    });
    const { processes, dataKiB } = parts.limits;
    this.#control.write(`${secret} ${processes ?? "-"} ${dataKiB ?? "-"}\n`);
  }

  /** Waits for the first shell. On failure nothing is left open. */
  async opened(waitMs: number, signal: AbortSignal): Promise<Result<Sandbox, Failure>> {
    const untilMs = performance.now() + waitMs;
    const opened = await this.#guard(signal, waitMs, () => this.#shell.opened(waitMs));
    if (opened === true) return ok(this);
    await this[Symbol.asyncDispose]();
    if (signal.aborted) return cancelled();
    const said = this.#control.said;
    if (said !== "") return notOpened(`The sandbox did not open: ${said}`);
    return notOpened(performance.now() < untilMs ? "The sandbox ended at once." : `The sandbox did not open within ${waitMs / 1000} s.`);
  }

  async run(request: CommandRequest, signal: AbortSignal): Promise<Result<CommandResult, Failure>> {
    const done = await this.#guard(signal, request.timeoutMs + commandGraceMs, () => this.#shell.run(request));
    if (done === null || !done.ok) return await this.#gone(signal, done?.error.message);
    return done;
  }

  async stat(path: string, signal: AbortSignal): Promise<Result<"file" | "directory" | "other" | null, Failure>> {
    const found = await this.#operate(signal, () => this.#files.stat(path));
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
    if (request.final) this.#parts.letShellEnd?.();
    const stopped = await this.#operate(signal, async () => {
      const stopped = await (request.final ? this.#shell.stop() : this.#shell.restart());
      return stopped ? true : null;
    });
    if (!stopped.ok) return stopped;
    const exported = await this.#parts.exportWorkspace(signal);
    if (exported.ok) this.#exported = exported.value.tar;
    return exported;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async #close(): Promise<void> {
    this.#shell.die();
    this.#exported?.destroy();
    this.#parts.control.destroy();
    this.#parts.shellInput.destroy();
    await this.#parts.close();
  }

  async #kill(call: string, pid: number): Promise<string | null> {
    const reply = await within(this.#control.request({ call, args: [pid] }), killMs);
    if (reply === undefined) this.#shell.die();
    const folder = reply?.body.toString("utf8").replace(/\n$/, "") ?? "";
    return folder.startsWith("/") ? folder : null;
  }

  async #operate<Value>(signal: AbortSignal, action: () => Promise<Value | null>): Promise<Result<Value, Failure>> {
    const nudge = setTimeout(() => this.#shell.nudge(), silenceMs);
    const done = await this.#guard(signal, fileOperationMs, action);
    clearTimeout(nudge);
    return done === null ? await this.#gone(signal, "The sandbox does not answer.") : ok(done);
  }

  /** After an error nothing of the sandbox is left, whoever holds it. */
  async #gone(signal: AbortSignal, message?: string): Promise<{ readonly ok: false; readonly error: Failure }> {
    const wasOpen = this.#closed === null;
    await this[Symbol.asyncDispose]();
    if (signal.aborted) return cancelled();
    if (wasOpen) this.#cause = this.#parts.explainEnd?.() ?? null;
    const cause = await this.#cause;
    return cause === null ? sandboxDied(message ?? "The sandbox ended.") : err(cause);
  }

  /** null: stopped, dead, or over its time. An export that is still being read would see what is done now, so it ends first. */
  async #guard<Value>(signal: AbortSignal, waitMs: number, action: () => Promise<Value | null>): Promise<Value | null> {
    if (signal.aborted || this.#closed !== null) return null;
    if (this.#exported !== null && !this.#exported.readableEnded) this.#exported.destroy();
    this.#exported = null;
    return await untilStopped({ signal, waitMs }, action);
  }
}
