import { z } from "zod";

const writeUrlAs =
  "The database's address may hold a password, so it is never written down here: put it in an environment variable and write env:NAME.";

/** Where a run that several machines work on keeps its stores. */
export const DatabaseConfig = z
  .string({ error: writeUrlAs })
  .regex(/^env:[A-Za-z_][A-Za-z0-9_]*$/, { error: writeUrlAs })
  .nullable()
  .default(null)
  .describe(
    "env:NAME of the environment variable with the address of a Postgres database, so that workers can join the run. null: the run is in its folder.",
  );
