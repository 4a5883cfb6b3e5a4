import { closeSync, openSync, writeSync } from "node:fs";
import type { FaultName } from "./fault.ts";

/** One line of the teacher's log. `hash`: SHA-256 of the exact body bytes; `time`: ISO 8601; tokens are the teacher's own estimate; `inFlight`: requests being answered as it came, itself among them. */
export interface RequestLine {
  readonly time: string;
  readonly hash: string;
  readonly outcome: "ok" | "400" | FaultName;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly inFlight: number;
}

/** Appends and hands to the kernel before it returns, so that a line outlives the process. After `close` it does nothing. */
export interface RequestLog {
  append(line: RequestLine): void;
  close(): void;
}

/** Throws when the file cannot be opened for appending. Null: nothing is kept. */
export function openRequestLog(path: string | null): RequestLog {
  let file = path === null ? null : openSync(path, "a");
  return {
    append: (line) => {
      if (file !== null) writeSync(file, `${JSON.stringify(line)}\n`);
    },
    close: () => {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}
