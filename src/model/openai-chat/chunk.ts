import { z } from "zod";

/** What is read of a reply, streamed or whole; everything else in it is let pass. */

const count = z.number().int().nonnegative().nullish().catch(null);

const ToolCallDelta = z.object({
  index: z.number().int().nullish(),
  id: z.string().nullish(),
  function: z
    .object({
      name: z.string().nullish(),
      /** Some servers send the arguments as an object. */
      arguments: z.union([z.string(), z.record(z.string(), z.unknown()).transform((value) => JSON.stringify(value))]).nullish(),
    })
    .nullish(),
});
export type ToolCallDelta = z.infer<typeof ToolCallDelta>;

const Delta = z.object({
  content: z.string().nullish(),
  reasoning_content: z.string().nullish().catch(null),
  reasoning: z.string().nullish().catch(null),
  tool_calls: z.array(ToolCallDelta).nullish(),
});
export type Delta = z.infer<typeof Delta>;

const Choice = z.object({
  index: z.number().nullish(),
  delta: Delta.nullish(),
  message: Delta.nullish(),
  finish_reason: z.string().nullish(),
});

/** Cached tokens: OpenAI and most others; Moonshot; DeepSeek. */
const ChunkUsage = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count }).nullish().catch(null),
  cached_tokens: count,
  prompt_cache_hit_tokens: count,
});
export type ChunkUsage = z.infer<typeof ChunkUsage>;

/** One event of a stream, or the whole body of a reply that is not streamed. */
export const Chunk = z.object({
  choices: z.array(Choice).nullish(),
  usage: ChunkUsage.nullish().catch(null),
  error: z.unknown().optional(),
});
export type Chunk = z.infer<typeof Chunk>;
