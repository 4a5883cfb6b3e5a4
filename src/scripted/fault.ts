import { nearestName } from "../base/nearest-name.ts";
import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";

/**
 * What can go wrong before or while a reply is sent. 401, 402 and 404 stop a client's whole run; `error`: the server says in the middle
 * of a stream that it failed; `garbled`: a part of the reply is no JSON.
 */
export const transportFaults = ["429", "500", "401", "404", "reset", "stall", "cut", "402", "529", "error", "garbled"] as const;

/** What can be wrong in a reply that arrives whole: `empty` has neither text nor call, `wrong-tool` calls one that was not offered. */
export const contentFaults = ["malformed", "several", "oversized", "empty", "wrong-tool"] as const;

export type TransportFault = (typeof transportFaults)[number];
export type ContentFault = (typeof contentFaults)[number];
export type FaultName = TransportFault | ContentFault;

/** Share of requests in [0, 1] by fault; a fault that is not named never happens. */
export type FaultShares = Partial<Record<FaultName, number>>;

const faultNames: readonly FaultName[] = [...transportFaults, ...contentFaults];

/** Reads `429=0.05,stall=0.01`; the error is one sentence that says what to write instead. Empty text: no faults. */
export function parseFaults(text: string): Result<FaultShares, string> {
  const shares: FaultShares = {};
  for (const part of text.split(",").filter((part) => part.trim() !== "")) {
    const problem = addShare(shares, part.trim());
    if (problem !== null) return err(problem);
  }
  const sum = Object.values(shares).reduce((total, share) => total + share, 0);
  if (sum > 1 + 1e-9) return err(`the shares of the faults sum to ${Number(sum.toFixed(6))}; their sum may be at most 1`);
  return ok(shares);
}

function addShare(shares: FaultShares, part: string): string | null {
  const [name = "", share = "", ...more] = part.split("=").map((piece) => piece.trim());
  const fault = faultNames.find((known) => known === name);
  if (fault === undefined) return unknownFault(name);
  if (fault in shares) return `fault "${name}" is named twice`;
  const value = share === "" || more.length > 0 ? Number.NaN : Number(share);
  if (!(value >= 0 && value <= 1)) return `"${part}": write a share from 0 to 1, such as ${name}=0.05`;
  shares[fault] = value;
  return null;
}

function unknownFault(name: string): string {
  const near = nearestName(name, faultNames);
  return `unknown fault "${name}"${near === null ? "." : `; did you mean "${near}"?`} Known: ${faultNames.join(", ")}`;
}
