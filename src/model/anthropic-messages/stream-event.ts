import { z } from "zod";

/** What is read of a reply, streamed or whole; everything else in it is let pass. */

const count = z.number().int().nonnegative().nullish().catch(null);

const EventUsage = z.object({
  input_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
  output_tokens: count,
});
export type EventUsage = z.infer<typeof EventUsage>;

/** A block as it begins, or whole. Some servers send a call's input as a text. */
const Block = z.looseObject({
  type: z.string(),
  text: z.string().nullish(),
  thinking: z.string().nullish(),
  signature: z.string().nullish(),
  id: z.string().nullish(),
  name: z.string().nullish(),
  input: z.unknown().optional(),
});
export type Block = z.infer<typeof Block>;

const Delta = z.object({
  type: z.string().nullish(),
  text: z.string().nullish(),
  thinking: z.string().nullish(),
  signature: z.string().nullish(),
  partial_json: z.string().nullish(),
  stop_reason: z.string().nullish(),
});
export type Delta = z.infer<typeof Delta>;

const Frame = z.object({ content: z.array(Block).nullish(), stop_reason: z.string().nullish(), usage: EventUsage.nullish().catch(null) });

/** One event of a stream, or the whole body of a reply that is not streamed (`type` message). */
export const StreamEvent = Frame.extend({
  type: z.string(),
  index: z.number().int().nullish(),
  message: Frame.nullish(),
  content_block: Block.nullish(),
  delta: Delta.nullish(),
  error: z.unknown().optional(),
});
export type StreamEvent = z.infer<typeof StreamEvent>;
