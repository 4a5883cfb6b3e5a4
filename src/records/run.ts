import { z } from "zod";

/**
 * The one record that begins a run. `identity` are the settings that decide what is produced (design §3); a run goes
 * on only where they are equal. `identityHash` is their content id.
 */
export const RunRecord = z.strictObject({
  version: z.literal(1),
  tool: z.string(),
  identity: z.record(z.string(), z.unknown()),
  identityHash: z.string(),
});
export type RunRecord = z.infer<typeof RunRecord>;

/** Name of the model that a run's identity names. */
export function modelOf(run: RunRecord | null | undefined): string {
  const model = run?.identity["model"];
  return typeof model === "string" ? model : "unknown";
}
