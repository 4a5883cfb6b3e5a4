import { z } from "zod";
import { DatasetConfig } from "../journey/dataset/dataset-config.ts";
import { DatabaseConfig } from "../ledger/database-config.ts";
import { AllowedHosts, Privacy } from "../model/privacy-config.ts";
import { TeacherConfig } from "../model/model-config.ts";
import { RepositoryConfig } from "../repository/repository-config.ts";
import { RolloutConfig } from "../rollout/rollout-config.ts";
import { SandboxConfig } from "../sandbox/sandbox-config.ts";

/**
 * `apprentice.yaml`: one schema put together from the rooms' own. Strict: an unknown key is an error that names the nearest
 * known one. Names are those of interface.md in camelCase.
 */
export const Config = z.strictObject({
  privacy: Privacy,
  allowedHosts: AllowedHosts,
  budgetUsd: z.number().positive().nullable().default(null).describe("Dollars the run may spend; null: no limit."),
  concurrency: z.number().int().min(1).max(4096).default(8).describe("Lineages followed at once."),
  seed: z.number().int().nonnegative().default(0).describe("Seed of every draw: functions, hints, demonstrations."),
  lineages: z.number().int().positive().default(20).describe("Functions to follow; may grow when a run is resumed."),
  database: DatabaseConfig,
  repositories: z
    .array(RepositoryConfig)
    .min(1, "name at least one repository: `repositories: [{path: …}]`, or --repo PATH")
    .describe("Code to train on; several make one run."),
  sandbox: SandboxConfig.prefault({}).describe("Where the agent's commands run."),
  teachers: z
    .array(TeacherConfig)
    .length(1, "name exactly one teacher")
    .describe("The model whose work becomes training data: exactly one."),
  rollout: RolloutConfig.describe("What the agent is given and where it ends."),
  dataset: DatasetConfig.describe("Which samples a dataset takes and how they are written; may change from one resume to the next."),
});
export type Config = z.infer<typeof Config>;

const [ScriptedTeacher, EndpointTeacher] = TeacherConfig.options;
const DraftEndpoint = EndpointTeacher.extend({ model: EndpointTeacher.shape.model.nullable().default(null) });

/** A `Config` that may still lack its repositories and its teacher, or the teacher's model; what is there is right. */
export const ConfigDraft = Config.extend({
  repositories: z.array(RepositoryConfig).default([]),
  teachers: z
    .array(z.discriminatedUnion("kind", [ScriptedTeacher, DraftEndpoint]))
    .max(1, "name exactly one teacher")
    .default([]),
});
export type ConfigDraft = z.infer<typeof ConfigDraft>;
