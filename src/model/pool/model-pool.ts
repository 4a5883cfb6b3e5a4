import type { Clock } from "../../base/clock.ts";
import { err } from "../../base/result.ts";
import type { EndpointShare } from "../../records/endpoint-share.ts";
import type { Model, ModelPool, Place, TurnOutcome } from "../model.ts";
import { EndpointGate, isOfTheEndpoint, type EndpointState, type Pass } from "./endpoint-gate.ts";

export interface PoolOptions {
  /** The same model in the same dialect, at one endpoint or several. */
  readonly models: readonly Model[];
  readonly clock: Clock;
  /** Calls at once at one endpoint. */
  readonly most: number;
  /** Where other processes call the same endpoints: what they agree on for one of them; left out: nobody else does. */
  readonly shareOf?: (model: Model) => EndpointShare | null;
}

/** Rollouts whose endpoint is remembered. */
const mostKept = 100_000;
/** A rollout waits for its own endpoint, which has its prompt in the cache, rather than go elsewhere for less than that. */
const patienceMs = 20_000;

/** A pool that can be looked at. */
export interface WatchedPool extends ModelPool {
  endpoints(): readonly EndpointState[];
}

/**
 * Calls spread over endpoints. A rollout stays where it began, so that the server finds its prompt in the cache, unless that endpoint is
 * set aside or closed for long; a new one goes where the least share is taken.
 */
export function createModelPool({ models, clock, most, shareOf }: PoolOptions): WatchedPool {
  const [first] = models;
  if (first === undefined) throw new Error("a pool has an endpoint");
  const gates: EndpointGate[] = models.map(
    (model) =>
      new EndpointGate({
        model,
        clock,
        most,
        mayRest: () => gates.some((gate) => gate.model !== model && !gate.isAside),
        share: shareOf?.(model) ?? null,
      }),
  );
  const homes = new Map<string, EndpointGate>();

  function choose(key: string): EndpointGate {
    const nowMs = clock.monotonicMs();
    const isOpen = (gate: EndpointGate): boolean => !gate.isAside && gate.opensAtMs - nowMs < patienceMs;
    const home = homes.get(key);
    if (home !== undefined && isOpen(home)) return home;
    const open = gates.filter(isOpen);
    const chosen =
      open.length > 0
        ? open.reduce((best, gate) => (gate.load < best.load ? gate : best))
        : gates.reduce((best, gate) => (gate.opensAtMs < best.opensAtMs ? gate : best));
    // The oldest goes first: a Map keeps the order in which keys came.
    homes.delete(key);
    homes.set(key, chosen);
    if (homes.size > mostKept) for (const oldest of homes.keys().take(1)) homes.delete(oldest);
    return chosen;
  }

  function placeAt(gate: EndpointGate, pass: Pass): Place {
    return {
      model: gate.model,
      heard: () => pass.heard(),
      leave: (outcome) => pass.end(outcome),
      forTheRun: (outcome) =>
        forTheRun(
          outcome,
          gates.some((other) => other !== gate && !other.isAside),
        ),
    };
  }

  return {
    name: first.name,
    host: [...new Set(models.map(({ host }) => host))].join(", "),
    endpoints: () => gates.map(({ state }) => state),
    enter: async (key, signal) => {
      for (;;) {
        const gate = choose(key);
        const entered = await gate.enter(signal);
        if (entered === "aborted") return null;
        if (entered !== "elsewhere") return placeAt(gate, entered);
      }
    },
  };
}

/** A refusal that would end a run is one of this endpoint alone while another one is left. */
function forTheRun(outcome: TurnOutcome, isAnotherLeft: boolean): TurnOutcome {
  if (outcome.ok || !isAnotherLeft || !isOfTheEndpoint(outcome.error.failure.code)) return outcome;
  return err({ ...outcome.error, failure: { ...outcome.error.failure, wholeRun: false, retryable: true } });
}
