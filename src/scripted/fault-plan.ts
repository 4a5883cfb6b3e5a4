import { drawUnit } from "../base/draw.ts";
import { contentFaults, transportFaults } from "./fault.ts";
import type { ContentFault, FaultName, FaultShares, TransportFault } from "./fault.ts";

export interface FaultSettings {
  readonly seed: number;
  readonly faults: FaultShares;
  /** Most consecutive faults of one request, and of one rollout's content; null: no limit. */
  readonly faultsInARow: number | null;
}

/** Decides which requests go wrong (design §3): transport by (seed, hash, arrival), content by (seed, hash). */
export interface FaultPlan {
  /** Counts one more arrival of the request. */
  transport(hash: string): TransportFault | null;
  /** `faultyBefore`: faulty replies that directly precede this request in its own conversation. */
  content(hash: string, faultyBefore: number): ContentFault | null;
}

export function createFaultPlan({ seed, faults, faultsInARow }: FaultSettings): FaultPlan {
  const arrivals = new Map<string, { count: number; inARow: number }>();
  const limit = faultsInARow ?? Number.POSITIVE_INFINITY;
  const transportTotal = totalOf(faults, transportFaults);
  const contentTotal = totalOf(faults, contentFaults);
  return {
    transport: (hash) => {
      if (transportTotal === 0) return null;
      const seen = arrivals.get(hash) ?? { count: 0, inARow: 0 };
      arrivals.set(hash, seen);
      const drawn = pick(faults, transportFaults, drawUnit(seed, "transport fault", hash, seen.count));
      seen.count++;
      const fault = seen.inARow < limit ? drawn : null;
      seen.inARow = fault === null ? 0 : seen.inARow + 1;
      return fault;
    },
    content: (hash, faultyBefore) => {
      if (contentTotal === 0 || transportTotal >= 1 || faultyBefore >= limit) return null;
      // Only replies without a transport fault come here, so that the shares are of all requests.
      return pick(faults, contentFaults, drawUnit(seed, "content fault", hash) * (1 - transportTotal));
    },
  };
}

function totalOf(faults: FaultShares, names: readonly FaultName[]): number {
  return names.reduce((total, name) => total + (faults[name] ?? 0), 0);
}

function pick<Name extends FaultName>(faults: FaultShares, names: readonly Name[], unit: number): Name | null {
  let upTo = 0;
  for (const name of names) {
    upTo += faults[name] ?? 0;
    if (unit < upTo) return name;
  }
  return null;
}
