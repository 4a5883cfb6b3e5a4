import { readFileSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, writeFileAtomic } from "../../base/atomic-file.ts";
import { sha256Hex } from "../../base/hash.ts";

/** Who the agent is inside, by number; 0 would let programs believe they may do what they can not. */
export const insideId = 1000;

const passwd = `root:x:0:0:root:/root:/bin/sh
agent:x:${insideId}:${insideId}:agent:/tmp:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`;
const group = `root:x:0:
agent:x:${insideId}:
nogroup:x:65534:
`;

export interface SupportFiles {
  readonly supervisor: string;
  readonly passwd: string;
  readonly group: string;
}

export function readScript(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}

/** Files that every sandbox binds, in a folder named after their content. */
export async function writeSupportFiles(cacheRoot: string): Promise<SupportFiles> {
  const supervisor = readScript("../supervisor.sh");
  const folder = join(cacheRoot, "support", sha256Hex(supervisor + passwd + group).slice(0, 16));
  const files = { supervisor: join(folder, "init"), passwd: join(folder, "passwd"), group: join(folder, "group") };
  await makeReachable(join(cacheRoot, "support"));
  await makeReachable(folder);
  await writeFileAtomic(files.supervisor, supervisor);
  await writeFileAtomic(files.passwd, passwd);
  await writeFileAtomic(files.group, group);
  return files;
}

/** A folder that the service user may pass through but not list. */
export async function makeReachable(folder: string): Promise<void> {
  await makeFolder(folder);
  await chmod(folder, 0o711);
}
