import { z } from "zod";

const writeKeyAs = "A key is never written down here: put it in an environment variable and write env:NAME.";

const rate = z.number().nonnegative();
const fault = z.number().min(0).max(1);

/** The built-in teacher. `faults`: probability by the fault's name. */
const ScriptedTeacher = z.strictObject({
  kind: z.literal("scripted").describe("The built-in teacher: no model, no key; for trying the machine, not for training."),
  latencyMs: z.number().int().nonnegative().default(0).describe("Time to the first byte of its replies."),
  faults: z
    .record(z.string(), fault)
    .default({})
    .describe("Shares of replies that go wrong, by name: 429 500 401 404 reset stall cut malformed several oversized."),
});

/** A model behind an endpoint. `prices`: US dollars a million tokens, null for the listed ones. */
const EndpointTeacher = z.strictObject({
  kind: z.literal("endpoint").describe("A model behind an endpoint."),
  dialect: z.enum(["openai-chat"]).default("openai-chat").describe("What the endpoint speaks."),
  baseUrl: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("Address of the endpoint: everything before /chat/completions; an origin alone gets /v1."),
  model: z.string().min(1).describe("Name of the model at that endpoint."),
  apiKey: z
    .string({ error: writeKeyAs })
    .regex(/^env:[A-Za-z_][A-Za-z0-9_]*$/, { error: writeKeyAs })
    .nullable()
    .default(null)
    .describe("env:NAME of the environment variable that holds the key, never the key itself. null: no key is sent."),
  sendReasoning: z.boolean().default(true).describe("Send the model's earlier reasoning back to it."),
  prices: z
    .strictObject({
      inputPerMtok: rate.describe("US dollars a million input tokens that are not cached."),
      cachedPerMtok: rate.describe("US dollars a million cached input tokens."),
      outputPerMtok: rate.describe("US dollars a million output tokens, reasoning included."),
    })
    .nullable()
    .default(null)
    .describe("What the model's tokens cost; a budget needs it. null: as listed for known models."),
});

/** A teacher as users write it. `sendReasoning`: its earlier reasoning is sent back to it. */
export const TeacherConfig = z.discriminatedUnion("kind", [ScriptedTeacher, EndpointTeacher]);
export type TeacherConfig = z.infer<typeof TeacherConfig>;
