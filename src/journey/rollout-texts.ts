import type { Artifacts } from "../ledger/artifacts.ts";
import { Transcript, type Rollout } from "../records/rollout.ts";

/** Reads a stored transcript; its bytes were written by us, so anything else is a damaged run. */
export async function readTranscript(artifacts: Artifacts, id: string): Promise<Transcript> {
  return Transcript.parse(JSON.parse(await readText(artifacts, id)));
}

/** What the judge and the writer see of a rollout. */
export async function readRolloutTexts(rollout: Rollout, artifacts: Artifacts): Promise<{ transcript: Transcript; patch: string }> {
  return { transcript: await readTranscript(artifacts, rollout.transcript), patch: await readText(artifacts, rollout.patch) };
}

async function readText(artifacts: Artifacts, id: string): Promise<string> {
  const bytes = await artifacts.get(id);
  if (bytes === null) throw new Error(`the artifact ${id} that a record names is missing: run \`apprentice verify\``);
  return Buffer.from(bytes).toString("utf8");
}
