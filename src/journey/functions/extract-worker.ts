import { parentPort } from "node:worker_threads";
import { extractFile, type FileFunctions } from "./extract-file.ts";
import type { ExtractRequest } from "./extract-thread.ts";

/** What runs in an `ExtractThread`: a batch in, its functions out. A parser that throws ends the thread. */
parentPort?.on("message", (request: ExtractRequest) => {
  void answer(request);
});

async function answer({ files, all }: ExtractRequest): Promise<void> {
  const results: FileFunctions[] = [];
  for (const file of files) results.push(await extractFile(file, all));
  parentPort?.postMessage(results, []);
}
