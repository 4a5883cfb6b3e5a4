import { homedir } from "node:os";
import { join } from "node:path";
import { sha256Hex } from "../../base/hash.ts";
import type { NetworkUser } from "../network-settings.ts";
import { BaseImages } from "./base-images.ts";
import { BuiltImages } from "./built-images.ts";
import type { EngineLimits } from "./container-settings.ts";
import type { Engine } from "./engine.ts";
import { limitsOf, type EngineInfo } from "./engine-limits.ts";
import { ImageDisk } from "./image-disk.ts";
import { SetupImages } from "./setup-images.ts";
import { SnapshotImages } from "./snapshot-images.ts";

/** What is known of an engine once it has answered. */
export interface Ground {
  readonly engine: Engine;
  readonly limits: EngineLimits;
  readonly disk: ImageDisk;
  readonly bases: BaseImages;
  readonly builds: BuiltImages;
  readonly snapshots: SnapshotImages;
  readonly setups: SetupImages;
}

/** What of a backend's options its stores of images need, each as `DockerOptions` has it. */
interface GroundOptions {
  readonly cacheRoot: string;
  readonly imagesMiB?: number;
  readonly networkUser?: NetworkUser;
  readonly pullMs?: number;
}

const defaultImagesMiB = 20 * 1024;
const defaultPullMs = 30 * 60_000;

export function groundOf(engine: Engine, info: EngineInfo, options: GroundOptions): Ground {
  const { cacheRoot, pullMs = defaultPullMs } = options;
  const disk = diskOf(engine, info, options);
  const limits = limitsOf(info);
  const networkUser = options.networkUser ?? { environment: process.env, home: homedir() };
  const common = { engine, disk, enforced: limits };
  const folder = (kind: string): string => join(cacheRoot, kind, nameOf(engine, info));
  return {
    engine,
    limits,
    disk,
    bases: new BaseImages({ engine, disk, pullMs }),
    builds: new BuiltImages({ engine, disk, networkUser }),
    snapshots: new SnapshotImages({ ...common, folder: folder("workspaces") }),
    setups: new SetupImages({ ...common, networkUser, folder: folder("setups") }),
  };
}

/** What images of ours take in an engine. */
export function diskOf(engine: Engine, info: EngineInfo, { cacheRoot, imagesMiB = defaultImagesMiB }: GroundOptions): ImageDisk {
  return new ImageDisk({ engine, folder: join(cacheRoot, "images", nameOf(engine, info)), mostBytes: imagesMiB * 1024 ** 2 });
}

/** Another engine may hold the same image as the user's own. */
function nameOf(engine: Engine, info: EngineInfo): string {
  return sha256Hex(`${engine.name}\n${info.DockerRootDir}`).slice(0, 16);
}
