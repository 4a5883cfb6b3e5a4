import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { sha256Hex } from "../../base/hash.ts";
import type { Artifacts } from "../artifacts.ts";
import { scrubbedText } from "../scrubbed-json.ts";
import { atStorage } from "../storage-error.ts";
import type { Queries } from "./database.ts";
import type { PostgresStoreOptions } from "./postgres-store.ts";

const what = "an artifact";
const chunkBytes = 4 << 20;
const pageIds = 5_000;

/** The artifacts of one run in a database, each in chunks of 4 MiB that come and go in one transaction. */
export class PostgresArtifacts implements Artifacts {
  readonly #options: PostgresStoreOptions;

  constructor(options: PostgresStoreOptions) {
    this.#options = options;
  }

  async put(content: Uint8Array | string): Promise<string> {
    this.#mustWrite();
    const bytes = typeof content === "string" ? Buffer.from(scrubbedText(content, this.#options.scrubber)) : Buffer.from(content);
    const id = sha256Hex(bytes);
    if (bytes.length <= chunkBytes) await this.#insert(this.#options.database, { id, chunk: 0, bytes });
    else
      await this.#options.database.transaction(async (queries) => {
        for (let chunk = 0; chunk * chunkBytes < bytes.length; chunk++)
          await this.#insert(queries, { id, chunk, bytes: bytes.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes) });
      });
    return id;
  }

  async putFile(path: string): Promise<string> {
    this.#mustWrite();
    const id = await atStorage(what, async () => await hashOfFile(path));
    if ((await this.#chunk(id, 0)) !== null) return id;
    await this.#options.database.transaction(async (queries) => {
      await using file = await atStorage(what, async () => await open(path, "r"));
      const buffer = Buffer.alloc(chunkBytes);
      for (let chunk = 0; ; chunk++) {
        const { bytesRead } = await atStorage(what, async () => await file.read(buffer, 0, chunkBytes, chunk * chunkBytes));
        if (bytesRead === 0 && chunk > 0) return;
        await this.#insert(queries, { id, chunk, bytes: buffer.subarray(0, bytesRead) });
        if (bytesRead < chunkBytes) return;
      }
    });
    return id;
  }

  async get(id: string): Promise<Uint8Array | null> {
    const rows = await this.#options.database.rows<{ bytes: Buffer }>(
      "SELECT bytes FROM apprentice.artifact WHERE run = $1 AND id = $2 ORDER BY chunk",
      [this.#options.run, id],
    );
    return rows.length === 0 ? null : Buffer.concat(rows.map(({ bytes }) => bytes));
  }

  async getFile(id: string, path: string): Promise<boolean> {
    const first = await this.#chunk(id, 0);
    if (first === null) return false;
    await using file = await atStorage(what, async () => await open(path, "w"));
    for (let chunk = 0, bytes: Buffer | null = first; bytes !== null; bytes = await this.#chunk(id, ++chunk)) {
      const part = bytes;
      await atStorage(what, async () => await file.writeFile(part));
    }
    return true;
  }

  async *ids(): AsyncIterable<string> {
    let after = "";
    for (;;) {
      const page = await this.#options.database.rows<{ id: string }>(
        `SELECT id FROM apprentice.artifact WHERE run = $1 AND chunk = 0 AND id > $2 ORDER BY id LIMIT ${pageIds}`,
        [this.#options.run, after],
      );
      yield* page.map(({ id }) => id);
      if (page.length < pageIds) return;
      after = page.at(-1)?.id ?? after;
    }
  }

  async check(): Promise<string[]> {
    const problems: string[] = [];
    for await (const id of this.ids()) {
      const hash = createHash("sha256");
      for (let chunk = 0, bytes = await this.#chunk(id, 0); bytes !== null; bytes = await this.#chunk(id, ++chunk)) hash.update(bytes);
      const found = hash.digest("hex");
      if (found !== id) problems.push(`artifacts: ${id} is damaged: its bytes have the hash ${found}`);
    }
    return problems;
  }

  async #chunk(id: string, chunk: number): Promise<Buffer | null> {
    const [row] = await this.#options.database.rows<{ bytes: Buffer }>(
      "SELECT bytes FROM apprentice.artifact WHERE run = $1 AND id = $2 AND chunk = $3",
      [this.#options.run, id, chunk],
    );
    return row?.bytes ?? null;
  }

  async #insert(
    queries: Queries,
    { id, chunk, bytes }: { readonly id: string; readonly chunk: number; readonly bytes: Buffer },
  ): Promise<void> {
    await queries.rows("INSERT INTO apprentice.artifact (run, id, chunk, bytes) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", [
      this.#options.run,
      id,
      chunk,
      bytes,
    ]);
  }

  #mustWrite(): void {
    if (!this.#options.write) throw new Error("put on artifacts that are open for reading only");
  }
}

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest("hex");
}
