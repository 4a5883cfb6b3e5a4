import { unwrap } from "../../base/result.ts";
import type { CommandResult, FileRead, OpenRequest, Sandbox, SandboxBackend, SandboxLimits } from "../sandbox.ts";
import { type Exported, readExport } from "./exported.conformance.ts";
import { type SnapshotPlace, snapshotId } from "./snapshot-place.conformance.ts";

export const never = new AbortController().signal;
const limits: SandboxLimits = { memoryMiB: 512, processes: 96, workspaceMiB: 32 };

/** A sandbox for one test, with short ways to use it. */
export class Opened implements AsyncDisposable {
  readonly sandbox: Sandbox;

  constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  async run(command: string, more: { readonly timeoutMs?: number; readonly outputLimitBytes?: number } = {}): Promise<CommandResult> {
    return unwrap(await this.sandbox.run({ command, timeoutMs: 25_000, outputLimitBytes: 1_000_000, ...more }, never));
  }

  /** Output of a command that must go well. */
  async says(command: string): Promise<string> {
    const done = await this.run(command);
    if (done.ended !== "completed" || done.exitCode !== 0) throw new Error(`${command}: ${JSON.stringify(done)}`);
    return done.output;
  }

  async read(path: string, limitBytes = 10_000_000): Promise<FileRead> {
    return unwrap(await this.sandbox.readFile(path, limitBytes, never));
  }

  async write(path: string, bytes: Uint8Array | string) {
    return unwrap(await this.sandbox.writeFile(path, Buffer.from(bytes), never));
  }

  async text(path: string): Promise<string> {
    const read = await this.read(path);
    if (!read.ok) throw new Error(`${path}: ${read.problem}`);
    return Buffer.from(read.bytes).toString();
  }

  async exported(final = true): Promise<Exported> {
    return await readExport(unwrap(await this.sandbox.exportTree({ final }, never)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
  }
}

export class Bench {
  readonly backend: SandboxBackend;
  readonly image: string | null;
  readonly place: SnapshotPlace;

  constructor({ backend, image }: { readonly backend: SandboxBackend; readonly image: string | null }, place: SnapshotPlace) {
    this.backend = backend;
    this.image = image;
    this.place = place;
  }

  request(more: Partial<SandboxLimits> = {}): OpenRequest {
    return { snapshot: { id: snapshotId, path: this.place.path }, image: this.image, limits: { ...limits, ...more } };
  }

  async open(more: Partial<SandboxLimits> = {}): Promise<Opened> {
    return new Opened(unwrap(await this.backend.open(this.request(more), never)));
  }
}
