import { basename } from "node:path";
import { err, type Result } from "../base/result.ts";
import type { ImportedConversation, ImportRefusal, ImportSource } from "./import/conversation.ts";
import { readMiniTrajectory } from "./import/mini-trajectory.ts";
import { readOpenHandsRow } from "./import/openhands-row.ts";
import { readSeraRow } from "./import/sera-row.ts";
import { readSweAgentTrajectory } from "./import/swe-agent-trajectory.ts";
import { readRows, type RowFault } from "./read-rows.ts";

export { importSources } from "./import/conversation.ts";
export type { ImportedConversation, ImportSource } from "./import/conversation.ts";

/** What a file holds, with its line: a conversation, or the named reason why there is none. */
export interface ForeignRow {
  readonly line: number;
  readonly read: Result<ImportedConversation, ImportRefusal | RowFault>;
}

const readers: Readonly<Record<ImportSource, (value: unknown, name: string) => Result<ImportedConversation, ImportRefusal>>> = {
  sera: readSeraRow,
  "swe-agent": readSweAgentTrajectory,
  "mini-swe-agent": readMiniTrajectory,
  openhands: readOpenHandsRow,
};

/** Streams the conversations of a file of another program; every refusal is named with its line, and the rest is read on. */
export async function* readForeign(path: string, source: ImportSource): AsyncGenerator<ForeignRow> {
  const stem = basename(path).replace(/\.(?:traj\.json|traj|jsonl?|ndjson|parquet)$/i, "");
  let rows = 0;
  for await (const { line, row } of readRows(path)) {
    rows++;
    if (!row.ok) {
      yield { line, read: row };
      continue;
    }
    const members = membersOf(row.value, source);
    for (const [index, value] of members.entries()) {
      const isAlone = members.length === 1 && line === 1;
      yield {
        line: members.length === 1 ? line : index + 1,
        read: readers[source](value, isAlone ? stem : `${stem}:${members.length === 1 ? line : index + 1}`),
      };
    }
  }
  if (rows === 0) yield { line: 0, read: err({ reason: "no-rows", detail: "holds no row" }) };
}

/** A list of rows in one document is as many rows; a list of events is one. */
function membersOf(value: unknown, source: ImportSource): readonly unknown[] {
  if (!Array.isArray(value)) return [value];
  const [first] = value as readonly unknown[];
  const holds = (key: string): boolean => typeof first === "object" && first !== null && key in first;
  const isRows = source === "openhands" ? holds("history") || holds("trajectory") : holds("messages") || holds("history");
  return isRows ? (value as readonly unknown[]) : [value];
}
