import type { SandboxBackend } from "./sandbox.ts";

/** Why tests cannot run in the backend's sandboxes on this host; null: they can. */
export async function whyUnable(backend: SandboxBackend): Promise<string | null> {
  const failed = (await backend.probe()).find(({ ok }) => !ok);
  return failed === undefined ? null : `${failed.check}: ${failed.detail}`;
}
