import { Duplex } from "node:stream";

const headerBytes = 8;
const standardOutput = 1;
const standardError = 2;
const mostWords = 2000;

/**
 * Standard input and output of a process in a container, behind the Engine API's multiplexing: each piece of output comes after a
 * header of its stream and length. Standard error is kept apart. Bytes are asked for only as fast as they are read.
 */
export class AttachedStream extends Duplex {
  readonly #socket: Duplex;
  #header: Buffer = Buffer.alloc(0);
  /** Bytes left of the piece that is being read, and the stream it is of. */
  #left = 0;
  #from = 0;
  #words = "";
  #over = false;

  constructor(socket: Duplex) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("end", () => {
      this.#over = true;
      this.push(null);
    });
    socket.on("close", () => this.push(null));
    socket.on("error", () => this.push(null));
    socket.pause();
  }

  /** Whether the process closed it, not we. */
  get isOver(): boolean {
    return this.#over;
  }

  /** The beginning of what came by standard error, as of an engine that could not start the process. */
  get words(): string {
    return this.#words.trim();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // What is written to a process that has gone is lost, which its end says.
    if (this.#socket.destroyed || this.#socket.writableEnded) done();
    else this.#socket.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #take(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#left === 0) {
        rest = this.#takeHeader(rest);
        continue;
      }
      const piece = rest.subarray(0, this.#left);
      rest = rest.subarray(piece.length);
      this.#left -= piece.length;
      if (this.#from === standardError && this.#words.length < mostWords) this.#words += piece.toString("utf8");
      if (this.#from === standardOutput && !this.readableEnded && !this.push(piece)) this.#socket.pause();
    }
  }

  #takeHeader(bytes: Buffer): Buffer {
    const missing = headerBytes - this.#header.length;
    this.#header = Buffer.concat([this.#header, bytes.subarray(0, missing)]);
    if (this.#header.length === headerBytes) {
      this.#from = this.#header[0] ?? 0;
      this.#left = this.#header.readUInt32BE(4);
      this.#header = Buffer.alloc(0);
    }
    return bytes.subarray(missing);
  }
}
