import { z } from "zod";
import { isAlive } from "../process-label.ts";
import type { Engine } from "./engine.ts";
import { labelNames, ownHost } from "./names.ts";

const Listed = z.array(z.looseObject({ Id: z.string(), Labels: z.record(z.string(), z.string()).nullish() }));

const callMs = 60_000;

/** Ids of containers of processes that are gone. Those of other machines that share the engine are theirs to remove. Never throws. */
export async function deadContainers(engine: Engine): Promise<string[]> {
  const filters = JSON.stringify({ label: [labelNames.run] });
  const call = { method: "GET", path: "/containers/json", query: { all: "1", filters } } as const;
  const answer = await engine.json(call, AbortSignal.timeout(callMs)).catch(() => []);
  const listed = Listed.safeParse(answer);
  const host = ownHost();
  const dead: string[] = [];
  for (const container of listed.success ? listed.data : []) {
    const label = container.Labels?.[labelNames.run] ?? "";
    if (container.Labels?.[labelNames.host] !== host || (await isAlive(label))) continue;
    dead.push(container.Id);
  }
  return dead;
}
