import { z } from "zod";

const writeKeyAs = "A key is never written down here: put it in an environment variable and write env:NAME.";

/** What an endpoint speaks. */
export const Dialect = z.enum(["openai-chat", "anthropic-messages"]);
export type Dialect = z.infer<typeof Dialect>;

const rate = z.number().nonnegative();
const fault = z.number().min(0).max(1);

/** The built-in teacher. `faults`: probability by the fault's name. */
const ScriptedTeacher = z.strictObject({
  kind: z.literal("scripted"),
  latencyMs: z.number().int().nonnegative().default(0),
  faults: z.record(z.string(), fault).default({}),
});

/** What the user knows of the server better than the table of quirks (quirks.ts says what each means). */
const OwnQuirks = z.strictObject({
  maxTokens: z.enum(["max_tokens", "max_completion_tokens"]).exactOptional(),
  usualMaxTokens: z.number().int().positive().nullable().exactOptional(),
  temperature: z.boolean().exactOptional(),
  reasoning: z.array(z.enum(["reasoning_content", "reasoning"])).exactOptional(),
  key: z
    .array(z.enum(["authorization", "x-api-key"]))
    .min(1)
    .exactOptional(),
  cacheMarks: z.boolean().exactOptional(),
  oneCall: z.boolean().exactOptional(),
  askForUsage: z.boolean().exactOptional(),
});

/** Members of a body that are made of other settings. */
const ours = ["model", "messages", "system", "tools", "stream", "stream_options", "temperature", "max_tokens", "max_completion_tokens"];
const ExtraBody = z.record(
  z.string().refine((name) => !ours.includes(name)),
  z.json(),
);

/** A model behind an endpoint. `prices`: US dollars a million tokens, null for the listed ones. */
const EndpointTeacher = z.strictObject({
  kind: z.literal("endpoint"),
  dialect: Dialect.default("openai-chat"),
  baseUrl: z.string().min(1).nullable().default(null),
  model: z.string().min(1),
  apiKey: z
    .string({ error: writeKeyAs })
    .regex(/^env:[A-Za-z_][A-Za-z0-9_]*$/, { error: writeKeyAs })
    .nullable()
    .default(null),
  sendReasoning: z.boolean().default(true),
  quirks: OwnQuirks.default({}),
  extraBody: ExtraBody.default({}),
  prices: z
    .strictObject({ inputPerMtok: rate, cachedPerMtok: rate, outputPerMtok: rate, cacheWritePerMtok: rate.optional() })
    .nullable()
    .default(null),
});

/**
 * A teacher as users write it. `sendReasoning`: its earlier reasoning is sent back to it; `extraBody`: members that every request
 * gets, such as `thinking` (the model's own name for how much it thinks).
 */
export const TeacherConfig = z.discriminatedUnion("kind", [ScriptedTeacher, EndpointTeacher]);
export type TeacherConfig = z.infer<typeof TeacherConfig>;
