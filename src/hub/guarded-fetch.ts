import type { ReachRule } from "../model/endpoint-reach.ts";
import { hubRefusal } from "./hub-address.ts";

/** A request that the rules forbid; it was not sent. */
export class ForbiddenRequest extends Error {}

/**
 * Node's fetch for a hub, which names further hosts for large files: none is reached that the rules forbid, also not by a redirect.
 */
export function guardedFetch(rules: readonly ReachRule[], signal: AbortSignal): typeof fetch {
  const isLocal = rules.some(({ privacy }) => privacy === "local");
  return async (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    const refusal = await hubRefusal(address, rules);
    if (refusal !== null) throw new ForbiddenRequest(refusal);
    const signals = [signal, ...(init?.signal == null ? [] : [init.signal])];
    return await fetch(input, { ...init, signal: AbortSignal.any(signals), ...(isLocal && { redirect: "error" as const }) });
  };
}
