import { z } from "zod";
import type { EngineLimits } from "./container-settings.ts";
import type { Engine } from "./engine.ts";
import { hostUlimits } from "./host-ulimits.ts";

/** What the engine says of itself. */
export const EngineInfo = z.looseObject({
  MemoryLimit: z.boolean().catch(false),
  PidsLimit: z.boolean().catch(false),
  CpuCfsQuota: z.boolean().catch(false),
  Driver: z.string().catch("unknown"),
  DriverStatus: z.array(z.array(z.string())).nullish().catch(null),
  CgroupVersion: z.string().catch("1"),
  CgroupDriver: z.string().catch("unknown"),
  SecurityOptions: z.array(z.string()).nullish().catch(null),
  ServerVersion: z.string().catch("unknown"),
  OperatingSystem: z.string().catch("unknown"),
  DockerRootDir: z.string().catch(""),
  /** Only podman has it. */
  BuildahVersion: z.string().optional(),
  OSType: z.string().catch("linux"),
});
export type EngineInfo = z.infer<typeof EngineInfo>;

export async function readInfo(engine: Engine, signal: AbortSignal): Promise<EngineInfo> {
  return EngineInfo.parse(await engine.json({ method: "GET", path: "/info" }, signal));
}

/** Storage drivers that may bound what a container writes; whether they do, only a try shows. */
const boundingDrivers = new Set(["overlay2", "overlay", "btrfs", "zfs", "devicemapper", "windowsfilter"]);

export function limitsOf(info: EngineInfo): EngineLimits {
  const backing = info.DriverStatus?.find(([name]) => name === "Backing Filesystem")?.[1] ?? "";
  const mayBound = boundingDrivers.has(info.Driver) && !(info.Driver.startsWith("overlay") && backing !== "xfs");
  // podman asks for a million files and four million processes, also where its host's own limit is lower.
  const ulimits = info.BuildahVersion === undefined ? [] : hostUlimits();
  return { memory: info.MemoryLimit, processes: info.PidsLimit, cpus: info.CpuCfsQuota, disk: mayBound ? null : false, ulimits };
}
