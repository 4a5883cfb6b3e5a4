/**
 * What processes that call one endpoint have agreed on, for one of them. Only ever a bound: a process that does not know better lets its
 * calls wait.
 */
export interface EndpointShare {
  /** Calls at once that this process may have there now; may be 0. */
  readonly calls: number;
  /** Calls that all other processes have there, as of when they last said so. */
  readonly othersInFlight: number;
  /** Milliseconds until the endpoint takes calls again, by what any of them was told; 0: it does. */
  closedForMs(): number;
  /** This process was told to wait so long. */
  tellClosed(forMs: number): void;
  /** Calls that this process has there, and the most that it had or that waited since it was last asked. */
  wantedBy(wanted: () => { readonly inFlight: number; readonly wanted: number }): void;
  /** Called when there may be more room than before. */
  onRoom(serve: () => void): void;
}
