import { canonicalJson } from "../../base/hash.ts";
import { ImportedTexts, type Imported } from "../../records/imported.ts";
import { failedTurns } from "./failed-turns.ts";
import type { ImportedSource } from "./list-imported.ts";
import { importedKey, importedPatchSize, importedScores } from "./store-imported.ts";

/** Names what does not fit of the imported samples of a run; empty is good. Everything is computed anew from the artifacts. */
export async function verifyImported(source: ImportedSource): Promise<string[]> {
  const problems: string[] = [];
  for await (const { key, record } of source.ledger.list("imported")) {
    for (const problem of await problemsOf(source, key, record)) problems.push(`imported ${key}: ${problem}`);
  }
  return problems;
}

async function problemsOf({ ledger, artifacts }: ImportedSource, key: string, record: Imported): Promise<string[]> {
  const bytes = await Promise.all(
    [record.texts, record.patch, record.firstPatch].map(async (id) => (id === null ? null : await artifacts.get(id))),
  );
  const [written, patch, firstPatch] = bytes.map((each) => (each === null ? null : Buffer.from(each).toString()));
  const missing = (["texts", "patch", "firstPatch"] as const).filter((name, index) => record[name] !== null && bytes[index] === null);
  if (missing.length > 0) return missing.map((name) => `its ${name} are missing from the artifacts`);
  const texts = textsOf(written ?? "");
  if (texts === null) return ["its texts are damaged"];
  const { sample } = record;
  const problems: string[] = [];
  if (importedKey({ provenance: sample.provenance, texts: written ?? "", patch: patch ?? null, firstPatch: firstPatch ?? null }) !== key)
    problems.push("its texts are not those it was made from");
  const size = patch == null ? null : importedPatchSize(patch);
  if (canonicalJson(size) !== canonicalJson(sample.patchSize)) problems.push("its patch has another size");
  if (canonicalJson(failedTurns(texts.messages)) !== canonicalJson(sample.failedSteps)) problems.push("its failed steps are others");
  const verification = record.verification === null ? null : await ledger.get("verification", record.verification);
  if (record.verification !== null && verification === null) problems.push("its scores are missing");
  if (record.verification === null && [patch, firstPatch].every((text) => text != null && importedPatchSize(text) !== null))
    problems.push("its patches were not compared");
  const scores = verification === null ? null : importedScores(verification);
  if (canonicalJson(scores) !== canonicalJson(sample.scores)) problems.push("its scores are not those of its patches");
  return problems;
}

function textsOf(text: string): ImportedTexts | null {
  try {
    return ImportedTexts.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
