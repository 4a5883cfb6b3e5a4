import { z } from "zod";
import { Sample } from "./sample.ts";

/**
 * A sample of another program's rollout, as it was read from a file. `key` is its sample's id, the hash of what the file says of it. Artifacts:
 * `messages` is the conversation as JSON; `patch` is the rollout's own, `firstPatch` the one of a first rollout that it is compared with;
 * null: the file has none. `verification`: the key of their scores; null: nothing was compared. Safety flags are found when it is read.
 */
export const Imported = z.strictObject({
  version: z.literal(1),
  key: z.string(),
  sample: Sample.omit({ messages: true, flags: true }),
  messages: z.string(),
  patch: z.string().nullable(),
  firstPatch: z.string().nullable(),
  verification: z.string().nullable(),
});
export type Imported = z.infer<typeof Imported>;
