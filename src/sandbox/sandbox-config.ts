import { z } from "zod";

/** What a user says about the place where the agent's commands run. */
export const SandboxConfig = z.strictObject({
  kind: z
    .enum(["bubblewrap", "none"])
    .default("bubblewrap")
    .describe("bubblewrap: isolated, no daemon, Linux. none: plain processes in a temporary copy, only for the scripted teacher."),
  image: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("Root folder or tar whose programs the sandbox has. null: the programs under this host's /usr."),
  memoryMiB: z
    .number()
    .int()
    .min(64)
    .nullable()
    .default(2048)
    .describe("Memory of one sandbox in MiB, files it writes included; without root it bounds each process. null: no limit."),
  processes: z.number().int().min(16).nullable().default(256).describe("Processes of one sandbox at once. null: no limit."),
  workspaceMiB: z.number().int().min(16).default(1024).describe("MiB a sandbox may write over its snapshot, and as much again under /tmp."),
});
export type SandboxConfig = z.infer<typeof SandboxConfig>;
