import { NewFile } from "./new-file.ts";
import type { RowWriter } from "./row-writer.ts";

/** A JSON object a line, each ended by "\n". */
export async function openJsonlWriter(path: string): Promise<RowWriter> {
  const file = await NewFile.open(path);
  let rows = 0;
  return {
    async add(row) {
      await file.write(Buffer.from(`${JSON.stringify(row)}\n`));
      rows++;
    },
    end: async () => await file.end(),
    place: async () => ({ path, sha256: await file.place(), rows }),
    [Symbol.asyncDispose]: async () => await file[Symbol.asyncDispose](),
  };
}
