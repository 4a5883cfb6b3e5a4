import { z } from "zod";

/** What a user says about the place where the agent's commands run. */
export const SandboxConfig = z.strictObject({
  kind: z
    .enum(["bubblewrap", "docker", "none"])
    .default("bubblewrap")
    .describe(
      "bubblewrap: isolated, no daemon, Linux. docker: containers of Docker or podman, of an image. none: plain processes in a temporary copy, only for the scripted teacher.",
    ),
  image: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      "What the sandbox's programs are. bubblewrap: a root folder or a tar; null: the programs under this host's /usr. docker: the name of an image, a tar (docker save, or a root file system), or a Dockerfile, built of each commit's files.",
    ),
  setup: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Shell commands that make the place ready, such as `npm ci` or `pip install -e .`: run once a snapshot in its folder, in order, as root and with network, before anything is asked of a model. The agent finds what they installed, and has no network. Which hosts they reach is not judged by privacy.",
    ),
  memoryMiB: z
    .number()
    .int()
    .min(64)
    .nullable()
    .default(2048)
    .describe("Memory of one sandbox in MiB, files it writes included; without root it bounds each process. null: no limit."),
  processes: z.number().int().min(16).nullable().default(256).describe("Processes of one sandbox at once. null: no limit."),
  cpus: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe("Processors' worth of time of one sandbox; only docker can bound it. null: no limit."),
  workspaceMiB: z.number().int().min(16).default(1024).describe("MiB a sandbox may write over its snapshot, and as much again under /tmp."),
});
export type SandboxConfig = z.infer<typeof SandboxConfig>;
