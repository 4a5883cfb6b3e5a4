import { PassThrough, Writable } from "node:stream";
import { AttachedStream } from "./attached-stream.ts";
import { within } from "../within.ts";
import type { Engine } from "./engine.ts";
import { EngineProblem } from "./engine-problem.ts";

export interface ContainerShellParts {
  readonly engine: Engine;
  readonly container: string;
  /** Text of supervisor.sh. */
  readonly script: string;
  /** Of the sandbox; tells the supervisor's words from what commands print. */
  readonly secret: string;
  /** No shell can be started any more. */
  readonly onLost: () => void;
}

/** A container whose processes are all taken may need some tries until it has room for one more. */
const tries = 5;
const waitMs = 200;
const startMs = 30_000;

/**
 * The agent's shell: a second process of the container ("shell" of supervisor.sh) with a hijacked connection. It opens the shell again
 * whenever that has ended; when it is killed itself, we start another. To whoever reads, it is one input and one output.
 */
export class ContainerShell {
  readonly #parts: ContainerShellParts;
  readonly #closed = new AbortController();
  readonly #output = new PassThrough();
  #stream: AttachedStream | null = null;
  #wanted = true;
  readonly input: Writable;

  constructor(parts: ContainerShellParts) {
    this.#parts = parts;
    this.input = new Writable({ write: (chunk: Buffer, _encoding, done) => this.#write(chunk, done) });
  }

  get output(): PassThrough {
    return this.#output;
  }

  /** Throws an EngineProblem. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#start(false, AbortSignal.any([signal, this.#closed.signal]));
  }

  /** What ends from now on stays ended. */
  letGo(): void {
    this.#wanted = false;
  }

  close(): void {
    this.#wanted = false;
    this.#closed.abort();
    this.#stream?.destroy();
    this.#output.destroy();
  }

  async #start(again: boolean, signal: AbortSignal): Promise<void> {
    const { engine, container, script, secret } = this.#parts;
    const body = {
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: false,
      Tty: false,
      Cmd: ["sh", "-c", script, "sh", "shell", ...(again ? ["again"] : [])],
    };
    const made = await engine.json({ method: "POST", path: `/containers/${container}/exec`, body }, signal);
    const path = `/exec/${idOf(made)}/start`;
    const stream = new AttachedStream(await engine.hijack({ method: "POST", path, body: { Detach: false, Tty: false } }, signal));
    this.#stream = stream;
    if (this.#closed.signal.aborted) stream.destroy();
    stream.on("error", () => stream.destroy());
    stream.write(`${secret} - -\n`);
    if (again && !(await this.#hears(stream))) {
      this.#stream = null;
      stream.destroy();
      throw new EngineProblem("no shell began", { status: 500 });
    }
    stream.once("end", () => stream.destroy());
    stream.once("close", () => this.#ended(stream));
    stream.pipe(this.#output, { end: false });
    if (stream.destroyed) this.#ended(stream);
  }

  /** Only when another shell speaks is it sure that the one before ended, and not the container with it. */
  async #hears(stream: AttachedStream): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    stream.once("readable", () => resolve(stream.read()));
    stream.once("close", () => resolve(null));
    const first = await within(promise, startMs);
    // The engine's own words, where it could not start one, come the same way.
    if (!(first instanceof Buffer) || !first.toString("latin1").startsWith(`\n${this.#parts.secret} `)) return false;
    this.#output.write(`\n${this.#parts.secret} ended 137\n`);
    this.#output.write(first);
    return true;
  }

  #ended(stream: AttachedStream): void {
    if (this.#stream !== stream) return;
    this.#stream = null;
    if (this.#wanted) void this.#startAgain();
  }

  async #startAgain(): Promise<void> {
    for (let tried = 0; tried < tries && this.#wanted; tried++) {
      const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(startMs)]);
      const started = await this.#start(true, signal).then(
        () => true,
        () => false,
      );
      if (started) return;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    if (this.#wanted) this.#parts.onLost();
  }

  /** What is meant for a shell that has gone is lost; whoever wrote it hears of the end. */
  #write(chunk: Buffer, done: () => void): void {
    if (this.#stream === null || this.#stream.destroyed) return done();
    this.#stream.write(chunk, () => done());
  }
}

function idOf(answer: unknown): string {
  if (typeof answer === "object" && answer !== null && "Id" in answer) return String(answer.Id);
  throw new Error("the engine gave no id");
}
