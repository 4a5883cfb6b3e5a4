import type { QueryResultRow } from "pg";

/** Statements on the database that a fleet shares: autocommit, or one transaction. What ledger/postgres gives out is one. */
export interface Queries {
  rows<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/**
 * All that a fleet needs of its database. A statement or a transaction whose connection was lost is done again, so each must be
 * repeatable without harm. Throws StorageError.
 */
export interface FleetDatabase extends Queries {
  transaction<Value>(action: (queries: Queries) => Promise<Value>): Promise<Value>;
}
