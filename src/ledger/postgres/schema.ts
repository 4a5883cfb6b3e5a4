/** Of our tables. A newer one than this is refused. */
export const schemaVersion = 1;

/**
 * Makes what is missing. Keys and ids are compared by bytes, as in a run folder. `body` is JSON as text: Postgres' own JSON types refuse
 * or change some of it. `tallied`: the member that `Ledger.tally` counts by, as JSON. `number`: an entry's place among those of its writer, so that one
 * which is sent again is known.
 */
export const schemaStatements: readonly string[] = [
  "CREATE SCHEMA IF NOT EXISTS apprentice",
  "CREATE TABLE IF NOT EXISTS apprentice.schema_version (version integer PRIMARY KEY)",
  `INSERT INTO apprentice.schema_version VALUES (${schemaVersion}) ON CONFLICT DO NOTHING`,
  `CREATE TABLE IF NOT EXISTS apprentice.record (
    run text NOT NULL,
    kind text NOT NULL,
    key text COLLATE "C" NOT NULL,
    body text NOT NULL,
    tallied text,
    id bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (run, kind, key)
  )`,
  "CREATE INDEX IF NOT EXISTS record_tally ON apprentice.record (run, kind, tallied) WHERE tallied IS NOT NULL",
  `CREATE TABLE IF NOT EXISTS apprentice.entry (
    run text NOT NULL,
    writer uuid NOT NULL,
    number bigint NOT NULL,
    key text COLLATE "C" NOT NULL,
    body text NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (run, writer, number)
  )`,
  "CREATE INDEX IF NOT EXISTS entry_key ON apprentice.entry (run, key, id)",
  "CREATE INDEX IF NOT EXISTS entry_order ON apprentice.entry (run, id)",
  `CREATE TABLE IF NOT EXISTS apprentice.artifact (
    run text NOT NULL,
    id text COLLATE "C" NOT NULL,
    chunk integer NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (run, id, chunk)
  )`,
  "CREATE SEQUENCE IF NOT EXISTS apprentice.lease_token",
  `CREATE TABLE IF NOT EXISTS apprentice.lease (
    run text NOT NULL,
    subject text COLLATE "C" NOT NULL,
    token bigint NOT NULL,
    PRIMARY KEY (run, subject)
  )`,
  `CREATE TABLE IF NOT EXISTS apprentice.fleet_run (
    run text PRIMARY KEY,
    body text NOT NULL,
    is_open boolean NOT NULL,
    stopped text,
    limit_usd double precision,
    base_usd double precision NOT NULL
  )`,
  `CREATE TABLE IF NOT EXISTS apprentice.member (
    run text NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    seen_at timestamptz NOT NULL,
    spent_usd double precision NOT NULL,
    reserved_usd double precision NOT NULL,
    status text NOT NULL,
    PRIMARY KEY (run, id)
  )`,
  `CREATE TABLE IF NOT EXISTS apprentice.share (
    endpoint text COLLATE "C" NOT NULL,
    member uuid NOT NULL,
    seen_at timestamptz NOT NULL,
    wanted integer NOT NULL,
    calls integer NOT NULL,
    in_flight integer NOT NULL,
    closed_until timestamptz NOT NULL,
    PRIMARY KEY (endpoint, member)
  )`,
];
