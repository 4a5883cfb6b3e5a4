import { posix } from "node:path";
import type { SafetyReason } from "../../../records/safety-flag.ts";
import { workspacePath } from "../../../records/workspace-path.ts";
import { credentialHosts, credentialPlaces, ownHost, readable, toolHomes, writable } from "./misuse-rules.ts";

/** What a call reached for, and in which words of it. */
export interface Reach {
  readonly reason: SafetyReason;
  readonly rule: string;
  readonly what: string;
}

/** What opening a path for reading or for writing reaches for; null: nothing but the agent's own ground. `folder` null: it is not known. */
export function pathReach(path: string, writes: boolean, folder: string | null = workspacePath): Reach | null {
  const place = placeOf(path, folder);
  if (place === null || isWithin(place, workspacePath)) return null;
  const home = place.replace(/^\/(?:root|home\/[^/]+)(?=\/|$)/, "~");
  if (credentialPlaces.test(home)) return { reason: "credentials", rule: "key-file", what: path };
  if (writable.test(place) || toolHomes.test(place)) return null;
  if (writes) return { reason: "outside-workspace", rule: "writes-outside", what: path };
  return readable.test(place) ? null : { reason: "outside-workspace", rule: "reads-outside", what: path };
}

/** An absolute path without dots; null where the text names none, or one that only the shell knows. */
export function placeOf(path: string, folder: string | null): string | null {
  const homed = path.replace(/^(?:\$HOME|\$\{HOME\})(?=\/|$)/, "~");
  if (homed.startsWith("~")) return /^~(?:\/|$)/.test(homed) ? posix.normalize(homed) : homed.startsWith("~root") ? "/root" : null;
  if (homed.startsWith("/")) return posix.normalize(homed).replace(/^\/\/+/, "/");
  // What is below the folder is no farther away than the folder itself, which was judged when it was entered.
  return folder !== null && /(?:^|\/)\.\.(?:\/|$)/.test(homed) && !homed.includes("$") ? posix.join(folder, homed) : null;
}

function isWithin(place: string, folder: string): boolean {
  return place === folder || place.startsWith(`${folder}/`);
}

/** What asking a host reaches for; null where it is this machine, or only the shell knows which. */
export function hostReach(address: string): Reach | null {
  const host = hostOf(address);
  if (host === "" || ownHost.test(host)) return null;
  if (credentialHosts.test(host)) return { reason: "credentials", rule: "key-server", what: address };
  return { reason: "network", rule: "other-host", what: address };
}

function hostOf(address: string): string {
  const afterScheme = address.replace(/^[\w+.-]+:\/\//, "").replace(/^[^@/]*@/, "");
  const bracketed = /^\[[^\]]*\]/.exec(afterScheme)?.[0];
  return bracketed ?? afterScheme.split(/[/:?#]/, 1)[0] ?? "";
}
