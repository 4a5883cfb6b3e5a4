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
  prices: z
    .strictObject({ inputPerMtok: rate, cachedPerMtok: rate, outputPerMtok: rate, cacheWritePerMtok: rate.optional() })
    .nullable()
    .default(null),
});

/** A teacher as users write it. `sendReasoning`: its earlier reasoning is sent back to it. */
export const TeacherConfig = z.discriminatedUnion("kind", [ScriptedTeacher, EndpointTeacher]);
export type TeacherConfig = z.infer<typeof TeacherConfig>;
