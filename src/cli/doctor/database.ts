import { databaseProblem, databaseUrl, openFleetDatabase } from "../compose.ts";
import type { DoctorCheck } from "./check.ts";

/** Whether a run can be kept in the database of a variable (env:NAME); our tables are made there where they are missing. */
export async function checkDatabase(variable: string): Promise<DoctorCheck> {
  const check = "database";
  const url = databaseUrl(variable);
  const problem = databaseProblem(variable, url);
  if (url === null || problem !== null)
    return { check, ok: false, detail: problem ?? "", mend: "set it, in this shell and where workers run" };
  const opened = await openFleetDatabase(url, { onWait: () => undefined, giveUp: AbortSignal.abort() });
  if (!opened.ok) return { check, ok: false, detail: opened.error.message, mend: "start it, or mend its address" };
  await using database = opened.value;
  const [row] = await database.rows<{ version: string; connections: string }>(
    "SELECT current_setting('server_version') AS version, current_setting('max_connections') AS connections",
  );
  const detail = `Postgres ${row?.version ?? "of an unknown version"}, fsync on, ${row?.connections ?? "?"} connections (each worker opens up to 8)`;
  return { check, ok: true, detail, mend: null };
}
