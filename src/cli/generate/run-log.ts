import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { pino } from "pino";
import type { Scrubber } from "../../base/secret.ts";
import { scrubbedText } from "../../ledger/scrubbed-json.ts";

/** The run's structured log, log.jsonl: one JSON line an event, appended, secrets scrubbed. Losing a line loses nothing of the run. */
export interface RunLog extends AsyncDisposable {
  write(event: string, fields: Readonly<Record<string, unknown>>): void;
}

export function openRunLog(dir: string, scrubber: Scrubber): RunLog {
  const file = createWriteStream(join(dir, "log.jsonl"), { flags: "a", mode: 0o600 });
  // A full disk ends the run where it matters, in the ledger or the journal, not here.
  file.on("error", () => undefined);
  const logger = pino(
    { base: { pid: process.pid }, messageKey: "event" },
    { write: (line) => void file.write(`${scrubbedText(line.trimEnd(), scrubber)}\n`) },
  );
  return {
    write: (event, fields) => logger.info(fields, event),
    async [Symbol.asyncDispose]() {
      if (file.destroyed) return;
      file.end();
      await Promise.race([once(file, "finish"), once(file, "error")]).catch(() => undefined);
    },
  };
}
