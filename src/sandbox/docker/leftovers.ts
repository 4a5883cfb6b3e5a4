import { z } from "zod";
import { isAlive } from "../process-label.ts";
import { removeContainer } from "./container.ts";
import type { Engine } from "./engine.ts";
import { labelNames, ownHost } from "./names.ts";

const Listed = z.array(z.looseObject({ Id: z.string(), Labels: z.record(z.string(), z.string()).nullish() }));

const callMs = 60_000;

/** Removes containers of processes that are gone. Those of other machines that share the engine are theirs to remove. Never throws. */
export async function sweepContainers(engine: Engine): Promise<void> {
  const filters = JSON.stringify({ label: [labelNames.run] });
  const call = { method: "GET", path: "/containers/json", query: { all: "1", filters } } as const;
  const answer = await engine.json(call, AbortSignal.timeout(callMs)).catch(() => []);
  const listed = Listed.safeParse(answer);
  const host = ownHost();
  for (const container of listed.success ? listed.data : []) {
    const label = container.Labels?.[labelNames.run] ?? "";
    if (container.Labels?.[labelNames.host] !== host || (await isAlive(label))) continue;
    await removeContainer(engine, container.Id);
  }
}
