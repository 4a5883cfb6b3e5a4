import { findCgroups, type Cgroups } from "./cgroups.ts";
import { hostRoot } from "./root-folder.ts";
import type { RootFolder } from "./bwrap-arguments.ts";
import { makeReachable, readScript, writeSupportFiles, type SupportFiles } from "./support-files.ts";

/** What every sandbox stands on, found and written once. */
export interface Ground {
  readonly support: SupportFiles;
  readonly cgroups: Cgroups | null;
  readonly host: RootFolder;
  readonly enterScript: string;
  readonly enterLayersScript: string;
  readonly exportScript: string;
}

/** `user`: who owns snapshots; null: we are not root. */
export async function layGround(cacheRoot: string, user: number | null): Promise<Ground> {
  if (user !== null) await makeReachable(cacheRoot);
  const [support, cgroups, host] = await Promise.all([writeSupportFiles(cacheRoot), findCgroups(), hostRoot()]);
  return {
    support,
    cgroups,
    host,
    enterScript: readScript("enter.sh"),
    enterLayersScript: readScript("enter-layers.sh"),
    exportScript: readScript("export.sh"),
  };
}
