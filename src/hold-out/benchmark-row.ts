import { z } from "zod";

/** A task of a benchmark, of the shape of SWE-bench's rows; what a row has besides is not looked at. Null: the row does not say. */
export interface BenchmarkTask {
  readonly id: string;
  readonly repository: string | null;
  readonly commit: string | null;
  readonly statement: string | null;
  readonly patch: string | null;
  readonly testPatch: string | null;
}

const text = z.string().nullish();

const Row = z.object({ instance_id: text, repo: text, base_commit: text, problem_statement: text, patch: text, test_patch: text });

/** The task a row is; null: it has none of the members by which it could be told from another. `line` numbers rows without a name. */
export function benchmarkTask(row: unknown, line: number): BenchmarkTask | null {
  const parsed = Row.safeParse(row);
  if (!parsed.success) return null;
  const { instance_id, repo, base_commit, problem_statement, patch, test_patch } = parsed.data;
  const task = {
    id: instance_id ?? `row ${line}`,
    repository: filled(repo),
    commit: filled(base_commit),
    statement: filled(problem_statement),
    patch: filled(patch),
    testPatch: filled(test_patch),
  };
  return [task.repository, task.commit, task.statement, task.patch].every((member) => member === null) ? null : task;
}

function filled(value: string | null | undefined): string | null {
  return value === undefined || value === null || value.trim() === "" ? null : value;
}
