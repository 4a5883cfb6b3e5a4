import { z } from "zod";
import { Message, ToolSchema } from "./message.ts";
import { Sample } from "./sample.ts";

/** What an artifact of an imported sample holds: the ledger sorts keys, and the order of a tool's parameters is what a student sees. */
export const ImportedTexts = z.strictObject({ tools: z.array(ToolSchema), messages: z.array(Message) });
export type ImportedTexts = z.infer<typeof ImportedTexts>;

/**
 * A sample of another program's rollout, as it was read from a file. `key` is its sample's id, the hash of what the file says of it. Artifacts:
 * `texts` is its conversation and tools (`ImportedTexts`); `patch` is the rollout's own, `firstPatch` the one of a first rollout that it is compared with;
 * null: the file has none. `verification`: the key of their scores; null: nothing was compared. Safety flags are found when it is read.
 */
export const Imported = z.strictObject({
  version: z.literal(1),
  key: z.string(),
  sample: Sample.omit({ messages: true, tools: true, flags: true }),
  texts: z.string(),
  patch: z.string().nullable(),
  firstPatch: z.string().nullable(),
  verification: z.string().nullable(),
});
export type Imported = z.infer<typeof Imported>;
