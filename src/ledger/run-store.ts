import type { Artifacts } from "./artifacts.ts";
import type { Journal } from "./journal.ts";
import type { Ledger } from "./ledger.ts";

/** The open stores of one run, whatever form they have. `dir`: the run's folder, absolute. Disposing closes them. */
export interface RunStore extends AsyncDisposable {
  readonly dir: string;
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly artifacts: Artifacts;
}
