import { contentId } from "../../base/hash.ts";
import type { ImportedConversation } from "../../formats/read-foreign.ts";
import { parsePatch } from "../../patch/parse-patch.ts";
import { patchSize } from "../../patch/patch-size.ts";
import type { Imported } from "../../records/imported.ts";
import type { Verification } from "../../records/patch-score.ts";
import type { PatchSize } from "../../records/rollout.ts";
import { scorePatches } from "../soft-verification/soft-verification.ts";
import { failedTurns } from "./failed-turns.ts";
import type { ImportedSource } from "./list-imported.ts";

interface Keyed extends Pick<ImportedConversation, "provenance" | "patch" | "firstPatch"> {
  /** As the artifact has them. */
  readonly texts: string;
}

/** The hash of what a file says of a sample, and of nothing that we make of it. */
export function importedKey({ provenance, texts, patch, firstPatch }: Keyed): string {
  return contentId(["imported", provenance.origin, provenance.rollout, texts, patch, firstPatch]);
}

/** Conversation and tools as they are stored. */
export function importedTexts({ tools, messages }: Pick<ImportedConversation, "tools" | "messages">): string {
  return JSON.stringify({ tools, messages });
}

/** Files and lines of a patch; null: it is no diff. */
export function importedPatchSize(patch: string): PatchSize | null {
  const parsed = parsePatch(patch);
  return parsed.ok ? patchSize(parsed.value) : null;
}

/** Keeps a conversation under its key: artifacts first, then its scores, the record last. */
export async function storeImported({ ledger, artifacts }: ImportedSource, key: string, conversation: ImportedConversation): Promise<void> {
  const { kind, provenance, exit, toolset, messages } = conversation;
  const lineage = contentId(["imported-lineage", provenance.origin, provenance.rollout]);
  const patch = conversation.patch === null ? null : await artifacts.put(Buffer.from(conversation.patch));
  const firstPatch = conversation.firstPatch === null ? null : await artifacts.put(Buffer.from(conversation.firstPatch));
  const verification = await verified({ ledger, artifacts }, { lineage, patch, firstPatch });
  const record: Imported = {
    version: 1,
    key,
    sample: {
      version: 3,
      id: key,
      lineage,
      kind,
      provenance,
      exit,
      patchSize: conversation.patch === null ? null : importedPatchSize(conversation.patch),
      scores: verification === null ? null : importedScores(verification),
      toolset,
      failedSteps: failedTurns(messages),
    },
    texts: await artifacts.put(Buffer.from(importedTexts(conversation))),
    patch,
    firstPatch,
    verification: verification?.key ?? null,
  };
  await ledger.put("imported", key, record);
}

/** The part of its scores that a sample carries. */
export function importedScores({ score: { recall, precision, f1, sizeRatio } }: Verification): NonNullable<Imported["sample"]["scores"]> {
  return { recall, precision, f1, sizeRatio: sizeRatio ?? null };
}

interface Patches {
  readonly lineage: string;
  readonly patch: string | null;
  readonly firstPatch: string | null;
}

/** Scores of the two patches, stored as those of a run of ours; null where one is missing or is no diff. */
async function verified({ ledger, artifacts }: ImportedSource, { lineage, patch, firstPatch }: Patches): Promise<Verification | null> {
  if (patch === null || firstPatch === null) return null;
  const scored = await scorePatches(firstPatch, patch, artifacts);
  if (!scored.ok) return null;
  const { lines, ...scores } = scored.value;
  const key = contentId(["imported-verification", lineage, firstPatch, patch]);
  const stored = await artifacts.put(JSON.stringify(lines));
  const verification: Verification = { version: 2, key, lineage, firstPatch, secondPatch: patch, ...scores, lines: stored };
  await ledger.put("verification", key, verification);
  return verification;
}
