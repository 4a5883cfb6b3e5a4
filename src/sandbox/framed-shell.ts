import { randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import { ok, type Result } from "../base/result.ts";
import type { Failure } from "../records/failure.ts";
import { CapturedOutput } from "./captured-output.ts";
import { drainOutput } from "./drained-output.ts";
import { FrameScanner, type FrameEvent } from "./frame-scanner.ts";
import { enterFolder, framedCommand } from "./framed-command.ts";
import type { CommandRequest, CommandResult } from "./sandbox.ts";
import { within } from "./within.ts";
import { sandboxDied } from "./sandbox-failure.ts";

/**
 * Who opens the shell, and opens it again whenever it has ended. Says so in the shell's output: `<secret> opened <pid>`, `<secret> ended
 * <code>`, each a line after a newline. Both folders: where the shell stood before, null where that can not be told.
 */
export interface ShellKeeper {
  readonly secret: string;
  readonly output: Readable;
  /** To the input of the shell that is open. */
  write(text: string): void;
  /** Ends what the shell started, not the shell. */
  killDescendants(shellPid: number): Promise<string | null>;
  /** Ends the shell and whatever runs. */
  killAll(shellPid: number): Promise<string | null>;
}

/** After its deadline a command may end by itself this often and long, each time without its children. */
const gentleRounds = 5;
const gentleWaitMs = 60;
/** A new shell stands within this time, however busy the machine. */
const reopenMs = 15_000;
/** A shell that ends more often than this during one command is being killed by something. */
const mostReopenings = 20;

/** One command on its way. `given`: its text went to a shell. `over`: a new shell shall not be given it. */
class Running {
  readonly nonce = randomBytes(16).toString("hex");
  readonly ended = Promise.withResolvers<{ readonly exitCode: number; readonly by: "marker" | "shell" } | null>();
  readonly output: CapturedOutput;
  readonly text: string;
  given = false;
  started = false;
  over = false;
  reopenings = 0;

  constructor(request: CommandRequest, priorExitCode: number) {
    this.output = new CapturedOutput(request.outputLimitBytes);
    this.text = framedCommand({ command: request.command, nonce: this.nonce, priorExitCode });
  }
}

/** One shell after the other behind one pair of pipes, and the frames of commands in what they print. */
export class FramedShell {
  readonly #keeper: ShellKeeper;
  readonly #scanner: FrameScanner;
  #running: Running | null = null;
  /** Of the shell that stands; null: none does. */
  #pid: number | null = null;
  /** Resolves when a shell opens or the sandbox dies. */
  #news = Promise.withResolvers<true>();
  #priorExitCode = 0;
  /** Where a new shell was told to go, and may not have gone yet: no command has begun in it since. */
  #bound: string | null = null;
  #dead = false;

  constructor(keeper: ShellKeeper) {
    this.#keeper = keeper;
    this.#scanner = new FrameScanner(keeper.secret, {
      output: (bytes) => {
        if (this.#running?.started === true) this.#running.output.add(bytes);
      },
      event: (event) => this.#hear(event),
    });
    drainOutput(keeper.output, (chunk) => {
      this.#scanner.feed(chunk);
      return this.#running !== null && !this.#running.output.isFull;
    });
  }

  /** Waits for a shell other than the one given; false: none opened. */
  async opened(waitMs: number, otherThan: number | null = null): Promise<boolean> {
    const untilMs = performance.now() + waitMs;
    while (!this.#dead && (this.#pid === null || this.#pid === otherThan)) {
      const news = await within(this.#news.promise, untilMs - performance.now());
      if (news === undefined) return false;
    }
    return !this.#dead;
  }

  /** Nothing will answer any more. */
  die(): void {
    this.#dead = true;
    this.#news.resolve(true);
    this.#running?.ended.resolve(null);
  }

  async run(request: CommandRequest): Promise<Result<CommandResult, Failure>> {
    if (this.#running !== null) throw new Error("a sandbox runs one command at a time");
    const running = new Running(request, this.#priorExitCode);
    this.#running = running;
    try {
      if (!(await this.opened(reopenMs))) return sandboxDied("No shell opened in the sandbox.");
      return await this.#follow(running, request);
    } finally {
      this.#running = null;
    }
  }

  /** Ends whatever runs; what the shell becomes is not waited for. */
  async stop(): Promise<boolean> {
    if (!(await this.opened(reopenMs)) || this.#pid === null) return false;
    await this.#keeper.killAll(this.#pid);
    return !this.#dead;
  }

  /** Asks the shell to make place for a new one, as for a keeper that only wakes when a shell ends. */
  nudge(): void {
    if (!this.#dead && this.#running === null) this.#keeper.write("\n\\command exit\n");
  }

  /** Ends whatever runs and waits for a new shell, in the folder of the old one. */
  async restart(): Promise<boolean> {
    if (!(await this.opened(reopenMs)) || this.#pid === null) return false;
    const pid = this.#pid;
    const folder = await this.#keeper.killAll(pid);
    return await this.#enter(this.#bound ?? folder, pid);
  }

  async #enter(folder: string | null, otherThan: number): Promise<boolean> {
    if (!(await this.opened(reopenMs, otherThan))) return false;
    this.#priorExitCode = 0;
    this.#bound = folder;
    if (folder !== null) this.#keeper.write(enterFolder(folder));
    return true;
  }

  async #follow(running: Running, request: CommandRequest): Promise<Result<CommandResult, Failure>> {
    this.#scanner.expect(running.nonce);
    this.#give(running);
    const ended = await within(running.ended.promise, request.timeoutMs);
    if (ended === undefined) return await this.#overrun(running);
    if (ended === null) return sandboxDied("The sandbox ended while a command ran in it.");
    if (ended.by === "marker" && !running.started) return await this.#again(running, request);
    this.#priorExitCode = ended.by === "marker" ? ended.exitCode : 0;
    return ok(result(running, ended.by === "marker" ? "completed" : "shell-ended", ended.exitCode));
  }

  /** The shell no longer evaluates what it is given (the agent replaced `command`): a new one takes its place. */
  async #again(running: Running, request: CommandRequest): Promise<Result<CommandResult, Failure>> {
    running.over = true;
    const fresh = new Running(request, 0);
    fresh.reopenings = running.reopenings + 1;
    if (fresh.reopenings > mostReopenings || !(await this.restart())) return sandboxDied("The shell in the sandbox takes no commands.");
    this.#running = fresh;
    return await this.#follow(fresh, request);
  }

  /** A deadline passed: first the command's processes go, then the shell with everything else. */
  async #overrun(running: Running): Promise<Result<CommandResult, Failure>> {
    running.output.add(this.#scanner.undecided);
    running.output.freeze();
    running.over = true;
    const stopped = (running.started && (await this.#stopGently(running))) || (await this.restart());
    return stopped ? ok(result(running, "timed-out", null)) : sandboxDied("The sandbox did not end a command after its deadline.");
  }

  async #stopGently(running: Running): Promise<boolean> {
    let folder: string | null = null;
    for (let round = 0; round < gentleRounds; round++) {
      const pid = this.#pid;
      if (pid === null) return false;
      folder = (await this.#keeper.killDescendants(pid)) ?? folder;
      const ended = await within(running.ended.promise, gentleWaitMs);
      if (ended === undefined) continue;
      if (ended?.by === "shell") return await this.#enter(folder, pid);
      if (ended?.by === "marker") this.#priorExitCode = ended.exitCode;
      return ended !== null;
    }
    return false;
  }

  #give(running: Running): void {
    running.given = true;
    this.#keeper.write(running.text);
  }

  #hear(event: FrameEvent): void {
    const running = this.#running;
    switch (event.kind) {
      case "started":
        if (running !== null) running.started = true;
        this.#bound = null;
        return;
      case "finished":
        running?.ended.resolve({ exitCode: event.exitCode, by: "marker" });
        return;
      case "shell-ended":
        this.#pid = null;
        if (running?.started === true) running.ended.resolve({ exitCode: event.exitCode, by: "shell" });
        return;
      case "shell-opened":
        this.#hearOpening(event.pid);
    }
  }

  /** A new shell begins to read at the line with the secret; a command that the old one never began is given again. */
  #hearOpening(pid: number): void {
    this.#pid = pid;
    this.#keeper.write(`\n#${this.#keeper.secret}\n`);
    const running = this.#running;
    if (running?.given === true && !running.started && !running.over && running.reopenings++ < mostReopenings) this.#give(running);
    this.#news.resolve(true);
    this.#news = Promise.withResolvers();
  }
}

function result(running: Running, ended: CommandResult["ended"], exitCode: number | null): CommandResult {
  const { output } = running;
  return { output: output.text(), outputTail: output.tail(), outputBytes: output.bytes, ended, exitCode };
}
