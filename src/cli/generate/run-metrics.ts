import { once } from "node:events";
import { createServer } from "node:http";
import type * as client from "prom-client";
import type { LineageOutcome } from "../../records/lineage.ts";
import type { JournalEntry } from "../../records/journal-entry.ts";
import type { Spending } from "../../records/usage.ts";
import type { EndpointState } from "../../model/pool/endpoint-gate.ts";
import { commandFailed } from "../command.ts";
import type { Reached } from "./progress.ts";

/** What a run is asked for when somebody looks. */
export interface MetricsSource {
  reached(): Reached;
  spending(): Spending;
  endpoints(): readonly EndpointState[];
}

/** Figures of a run under way for Prometheus, at `url`. What is only known as it happens is told by its two methods. */
export interface RunMetrics extends AsyncDisposable {
  readonly url: string;
  wrote(entry: JournalEntry): void;
  lineageEnded(outcome: LineageOutcome): void;
}

/**
 * Serves `/metrics` on loopback; `port` 0: any that is free. It says no text, no key and no path: counts, dollars and the endpoints' names.
 * Throws a CommandEnd where it cannot.
 */
export async function serveMetrics(port: number, source: MetricsSource): Promise<RunMetrics> {
  const { Counter, Gauge, Registry, collectDefaultMetrics } = await loadClient();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addGauges(registry, source, Gauge);
  const registers = [registry];
  const callFailures = new Counter({
    name: "apprentice_call_failures_total",
    help: "Requests to the teacher without a complete reply, by code, since this process began.",
    labelNames: ["code"],
    registers,
  });
  const lineageFailures = new Counter({
    name: "apprentice_lineage_failures_total",
    help: "Failed lineages by where and why, since this process began.",
    labelNames: ["boundary", "code"],
    registers,
  });
  const served = await listen(port, registry);
  return {
    ...served,
    wrote: (entry) => {
      if (entry.kind === "call-failure") callFailures.inc({ code: entry.failure.code });
    },
    lineageEnded: (outcome) => {
      if (outcome.state === "failed") lineageFailures.inc({ boundary: outcome.failure.boundary, code: outcome.failure.code });
    },
  };
}

async function loadClient(): Promise<typeof client> {
  try {
    return await import("prom-client");
  } catch {
    throw commandFailed("--metrics-port needs the package prom-client, which is not installed. To install it: npm install prom-client");
  }
}

/** Read when somebody looks. An amount that is not known has no line, which is not 0. */
function addGauges(registry: client.Registry, source: MetricsSource, Gauge: typeof client.Gauge): void {
  const add = (settings: Omit<client.GaugeConfiguration<string>, "registers">): void =>
    registry.registerMetric(new Gauge({ ...settings, registers: [] }));
  const whole = (name: string, help: string, valueOf: () => number | null): void => {
    add({
      name: `apprentice_${name}`,
      help,
      collect() {
        const value = valueOf();
        if (value === null) this.remove();
        else this.set(value);
      },
    });
  };
  add({
    name: "apprentice_lineages",
    help: "Lineages of the run by state.",
    labelNames: ["state"],
    collect() {
      const { total, kept, rejected, failed } = source.reached();
      for (const [state, count] of Object.entries({ kept, rejected, failed, waiting: total - kept - rejected - failed }))
        this.set({ state }, count);
    },
  });
  whole("steps", "Replies of the teacher within rollouts, of the whole run.", () => source.reached().steps);
  whole("requests", "Requests to the teacher, of the whole run.", () => source.spending().calls);
  whole("replies", "Complete replies of the teacher, of the whole run.", () => source.spending().replies);
  whole("possibly_paid", "Requests whose outcome was never written, of the whole run.", () => source.spending().possiblyPaid);
  whole("cost_usd", "US dollars known to have been paid; no value where the price is not known.", () => source.spending().costUsd);
  whole("input_tokens", "Tokens read by the teacher, cached ones included.", () => source.spending().usage.input);
  whole("cached_tokens", "Tokens of the input that the teacher had in its cache.", () => source.spending().usage.cached);
  whole("output_tokens", "Tokens written by the teacher.", () => source.spending().usage.output);
  const states = { in_flight: "inFlight", waiting: "waiting", limit: "limit", aside: "aside" } as const;
  for (const [name, member] of Object.entries(states)) {
    add({
      name: `apprentice_endpoint_${name}`,
      help: `Of each endpoint: ${name === "aside" ? "1 while it is set aside" : `calls ${name.replace("_", " ")}`}.`,
      labelNames: ["host"],
      collect() {
        for (const state of source.endpoints()) this.set({ host: state.host }, Number(state[member]));
      },
    });
  }
}

async function listen(port: number, registry: client.Registry): Promise<Pick<RunMetrics, "url"> & AsyncDisposable> {
  const server = createServer((request, response) => {
    // A page of another site may lead its own name to loopback.
    const isOurs = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? "");
    if (!isOurs || request.url !== "/metrics" || request.method !== "GET") {
      response.writeHead(isOurs ? 404 : 403).end();
      return;
    }
    void registry.metrics().then((text) => response.writeHead(200, { "content-type": registry.contentType }).end(text));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening").catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw commandFailed(`--metrics-port ${port} cannot be used: ${reason}. Name another one, or 0 for any that is free.`);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a server on a port has one");
  return {
    url: `http://127.0.0.1:${address.port}/metrics`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
