import { z } from "zod";
import type { Engine } from "./engine.ts";
import { EngineProblem } from "./engine-problem.ts";

const Inspected = z.looseObject({ Id: z.string() });

/** The id of an image by its name; null: the engine has none of this name. */
export async function inspectImage(engine: Engine, name: string, signal: AbortSignal): Promise<string | null> {
  try {
    return Inspected.parse(await engine.json({ method: "GET", path: `/images/${name}/json` }, signal)).Id;
  } catch (error) {
    if (error instanceof EngineProblem && (error.status === 404 || error.status === 400)) return null;
    throw error;
  }
}
