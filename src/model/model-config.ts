import { z } from "zod";

const writeKeyAs = "A key is never written down here: put it in an environment variable and write env:NAME.";

/** What an endpoint speaks. */
export const Dialect = z.enum(["openai-chat", "anthropic-messages"]);
export type Dialect = z.infer<typeof Dialect>;

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

/** What the user knows of the server better than the table of quirks (quirks.ts says what each means). */
const OwnQuirks = z.strictObject({
  maxTokens: z.enum(["max_tokens", "max_completion_tokens"]).describe("What the bound on a reply's tokens is called.").exactOptional(),
  usualMaxTokens: z
    .number()
    .int()
    .positive()
    .nullable()
    .describe("The bound where rollout.maxOutputTokens sets none; null: none is sent.")
    .exactOptional(),
  temperature: z.boolean().describe("Whether a temperature may be sent.").exactOptional(),
  reasoning: z
    .array(z.enum(["reasoning_content", "reasoning"]))
    .describe("Under what names earlier reasoning is sent back in a chat message.")
    .exactOptional(),
  key: z
    .array(z.enum(["authorization", "x-api-key"]))
    .min(1)
    .describe("By which headers the key is sent.")
    .exactOptional(),
  cacheMarks: z.boolean().describe("Whether marks for the server's prompt cache are set (Messages).").exactOptional(),
  oneCall: z.boolean().describe("Whether the server is told to make one tool call a reply.").exactOptional(),
  askForUsage: z.boolean().describe("Whether usage is asked for in streams.").exactOptional(),
});

/** Members of a body that are made of other settings. */
const ours = ["model", "messages", "system", "tools", "stream", "stream_options", "temperature", "max_tokens", "max_completion_tokens"];
const ExtraBody = z.record(
  z.string().refine((name) => !ours.includes(name)),
  z.json(),
);

const KeyName = z
  .string({ error: writeKeyAs })
  .regex(/^env:[A-Za-z_][A-Za-z0-9_]*$/, { error: writeKeyAs })
  .nullable()
  .default(null);

/** A model behind an endpoint. `prices`: US dollars a million tokens, null for the listed ones. */
const EndpointTeacher = z.strictObject({
  kind: z.literal("endpoint").describe("A model behind an endpoint."),
  dialect: Dialect.default("openai-chat").describe("What the endpoint speaks."),
  baseUrl: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("Address of the endpoint: everything before /chat/completions (an origin alone gets /v1) or before /v1/messages."),
  model: z.string().min(1).describe("Name of the model at that endpoint."),
  apiKey: KeyName.describe("env:NAME of the environment variable that holds the key, never the key itself. null: no key is sent."),
  endpoints: z
    .array(
      z.strictObject({
        baseUrl: z.string().min(1).describe("Address of a further endpoint."),
        apiKey: KeyName.describe("env:NAME of its own key's environment variable. null: no key is sent."),
      }),
    )
    .default([])
    .describe("Further endpoints of the same model in the same dialect, which share the work."),
  maxParallelRequests: z
    .number()
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe("Requests that each endpoint gets at once, from all workers together. null: as many as lineages are followed."),
  sendReasoning: z.boolean().default(true).describe("Send the model's earlier reasoning back to it."),
  quirks: OwnQuirks.default({}).describe("What the server takes otherwise than the table of known servers says (docs/endpoints.md)."),
  extraBody: ExtraBody.default({}).describe("Members that every request's body gets beside its own, such as thinking."),
  prices: z
    .strictObject({
      inputPerMtok: rate.describe("US dollars a million input tokens that are not cached."),
      cachedPerMtok: rate.describe("US dollars a million cached input tokens."),
      outputPerMtok: rate.describe("US dollars a million output tokens, reasoning included."),
      cacheWritePerMtok: rate
        .optional()
        .describe("US dollars a million input tokens that the server writes into its cache. Left out: a quarter more than input."),
    })
    .nullable()
    .default(null)
    .describe("What the model's tokens cost; a budget needs it. null: as listed for known models."),
  gpuPrice: z
    .strictObject({
      usdPerHour: z.number().nonnegative().describe("US dollars an hour of one GPU."),
      gpus: z.number().int().positive().default(1).describe("GPUs that each endpoint occupies."),
    })
    .nullable()
    .default(null)
    .describe("What a self-hosted model costs, instead of prices: the endpoint's time while requests are there, shared among them."),
  termsAllowTraining: z
    .boolean()
    .nullable()
    .default(null)
    .describe(
      "Whether the terms of this model and of its host let its output train another; every sample says it. null: as listed for known models.",
    ),
});

/**
 * A teacher as users write it. `sendReasoning`: its earlier reasoning is sent back to it; `extraBody`: members that every request
 * gets, such as `thinking` (the model's own name for how much it thinks).
 */
export const TeacherConfig = z.discriminatedUnion("kind", [ScriptedTeacher, EndpointTeacher]);
export type TeacherConfig = z.infer<typeof TeacherConfig>;

/** Where one endpoint is, and the variable of its key. */
export interface EndpointAddress {
  readonly baseUrl: string;
  readonly apiKey: string | null;
}

/** Every endpoint that a teacher's settings name, the first of them first; none of the built-in one. */
export function endpointsOf(teacher: {
  readonly kind: TeacherConfig["kind"];
  readonly baseUrl?: string | null;
  readonly apiKey?: string | null;
  readonly endpoints?: readonly EndpointAddress[];
}): readonly EndpointAddress[] {
  if (teacher.kind === "scripted") return [];
  const { baseUrl = null, apiKey = null, endpoints = [] } = teacher;
  return [...(baseUrl === null ? [] : [{ baseUrl, apiKey }]), ...endpoints];
}
