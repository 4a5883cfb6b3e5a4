/** One line of bytes without its end; `cut`: it was longer than allowed and only its size is known; `ended`: a line end follows it. */
export interface ByteLine {
  readonly number: number;
  readonly bytes: Buffer | null;
  readonly size: number;
  readonly ended: boolean;
}

const newline = 10;

/** Splits bytes at "\n" alone. A line beyond `longest` bytes is passed over without being held. */
export async function* byteLines(chunks: AsyncIterable<Buffer>, longest: number): AsyncGenerator<ByteLine> {
  let pieces: Buffer[] = [];
  let size = 0;
  let number = 0;
  const line = (ended: boolean): ByteLine => {
    const made = { number: ++number, bytes: size > longest ? null : joined(pieces), size, ended };
    pieces = [];
    size = 0;
    return made;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      take(chunk.subarray(from, at));
      yield line(true);
      from = at + 1;
    }
    take(chunk.subarray(from));
  }
  if (size > 0) yield line(false);

  function take(piece: Buffer): void {
    size += piece.length;
    if (size > longest) pieces = [];
    else if (piece.length > 0) pieces.push(piece);
  }
}

function joined(pieces: readonly Buffer[]): Buffer {
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
}
