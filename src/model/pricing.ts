import type { Clock } from "../base/clock.ts";
import type { Usage } from "../records/usage.ts";
import type { EndpointModel } from "./endpoint-model.ts";
import { GpuClock, type GpuCall, type GpuPrice } from "./gpu-clock.ts";
import type { Model, TurnRequest } from "./model.ts";
import { costUsd, worstCaseUsd, type Price } from "./prices.ts";

/** What calls cost, in US dollars; null where it is not known. */
export interface Pricing {
  costUsd(usage: Usage): number | null;
  worstCaseUsd(request: TurnRequest): number | null;
  /** Where time is paid, not tokens: a call begins at the endpoint of this model. `stop` says what it cost. */
  beginCall?(model: Model): GpuCall;
}

/** By tokens; `price` null: not known. */
export function tokenPricing(models: readonly EndpointModel[], price: Price | null): Pricing {
  return {
    costUsd: (usage) => costUsd(usage, price),
    // The largest bound on a reply that any of the endpoints is sent.
    worstCaseUsd: (request) => {
      const bounds = models.map((model) => model.mostOutputTokens(request));
      const known = bounds.filter((bound) => bound !== null);
      return worstCaseUsd({ ...request, maxOutputTokens: known.length < bounds.length ? null : Math.max(...known) }, price);
    },
  };
}

/** By the hour of GPUs. `others`: calls that other processes have at the endpoint of a model now. */
export function gpuPricing(
  models: readonly Model[],
  price: GpuPrice,
  { clock, others }: { readonly clock: Clock; readonly others: (model: Model) => number },
): Pricing {
  const clocks = new Map(models.map((model) => [model, new GpuClock(price, clock, () => others(model))]));
  return {
    costUsd: () => null,
    worstCaseUsd: () => Math.max(...clocks.values().map(({ largestUsd }) => largestUsd)),
    beginCall: (model) => {
      const found = clocks.get(model);
      if (found === undefined) throw new Error("a call at an endpoint that nobody named");
      return found.begin();
    },
  };
}
