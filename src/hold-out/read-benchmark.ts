import { readFile, stat } from "node:fs/promises";
import { sha256Hex } from "../base/hash.ts";
import { readJsonLines } from "../base/jsonl.ts";
import { err, ok, type Result } from "../base/result.ts";
import { benchmarkTask, type BenchmarkTask } from "./benchmark-row.ts";

/** Tasks of a benchmark file. `sha256`: of its bytes; `unread`: rows that are none, or lines that are no JSON. */
export interface BenchmarkFile {
  readonly sha256: string;
  readonly tasks: readonly BenchmarkTask[];
  readonly unread: number;
}

/** Benchmarks are some thousands of rows; beyond this a file is something else. */
const mostBytes = 2 ** 30;

/** Reads a benchmark: JSONL, a JSON list of rows (or of rows by name), or Parquet. An error is a sentence for the user. */
export async function readBenchmark(path: string): Promise<Result<BenchmarkFile, string>> {
  const found = await stat(path).catch(() => null);
  if (found === null) return err(`The benchmark file ${path} is not there or cannot be read.`);
  if (!found.isFile()) return err(`The benchmark ${path} is no file: name one of JSONL, JSON or Parquet.`);
  if (found.size > mostBytes) return err(`The benchmark file ${path} is larger than a gibibyte: name one of tasks, not of trajectories.`);
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null) return err(`The benchmark file ${path} cannot be read: check its permissions.`);
  const rows = await rowsOf(path, bytes);
  if (rows === null) return err(`The benchmark file ${path} cannot be read: it should be JSONL, a JSON list or Parquet.`);
  const tasks = rows.map((row, index) => benchmarkTask(row, index + 1));
  const known = tasks.filter((task) => task !== null);
  if (known.length === 0) return err(`The benchmark file ${path} has no row with repo, base_commit, problem_statement or patch.`);
  return ok({ sha256: sha256Hex(bytes), tasks: known, unread: tasks.length - known.length });
}

/** Every row of whatever it is; null: nothing that could be read. */
async function rowsOf(path: string, bytes: Buffer): Promise<readonly unknown[] | null> {
  if (bytes.toString("latin1", 0, 4) === "PAR1") return await parquetRows(bytes);
  const list = jsonList(bytes);
  if (list !== null) return list;
  const rows: unknown[] = [];
  for await (const line of readJsonLines(path)) rows.push("value" in line ? line.value : null);
  return rows.length === 0 ? null : rows;
}

function jsonList(bytes: Buffer): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8").replace(/^\ufeff/, ""));
    if (Array.isArray(value)) return value;
    if (typeof value !== "object" || value === null) return [value];
    const members = Object.entries(value);
    const isByName = members.length > 0 && members.every(([, row]) => typeof row === "object" && row !== null && !Array.isArray(row));
    return isByName ? members.map(([id, row]) => ({ instance_id: id, ...row })) : [value];
  } catch {
    return null;
  }
}

async function parquetRows(bytes: Buffer): Promise<readonly unknown[] | null> {
  const { parquetReadObjects } = await import("hyparquet");
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  if (!(file instanceof ArrayBuffer)) return null;
  try {
    return await parquetReadObjects({ file });
  } catch {
    return null;
  }
}
