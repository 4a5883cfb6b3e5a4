import { canonicalJson } from "../../base/hash.ts";
import type { Imported } from "../../records/imported.ts";
import { Message } from "../../records/message.ts";
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
  const texts = await Promise.all(
    [record.messages, record.patch, record.firstPatch].map(async (id) => (id === null ? null : await artifacts.get(id))),
  );
  const [messages, patch, firstPatch] = texts.map((bytes) => (bytes === null ? null : Buffer.from(bytes).toString()));
  const missing = (["messages", "patch", "firstPatch"] as const).filter((name, index) => record[name] !== null && texts[index] === null);
  if (missing.length > 0) return missing.map((name) => `its ${name} are missing`);
  const parsed = conversationOf(messages ?? "");
  if (parsed === null) return ["its messages are damaged"];
  const { sample } = record;
  const about = { ...sample, problem: null, notes: [] };
  const problems: string[] = [];
  if (importedKey({ ...about, messages: parsed, patch: patch ?? null, firstPatch: firstPatch ?? null }) !== key)
    problems.push("its texts are not those it was made from");
  const size = patch == null ? null : importedPatchSize(patch);
  if (canonicalJson(size) !== canonicalJson(sample.patchSize)) problems.push("its patch has another size");
  if (canonicalJson(failedTurns(parsed)) !== canonicalJson(sample.failedSteps)) problems.push("its failed steps are others");
  const verification = record.verification === null ? null : await ledger.get("verification", record.verification);
  if (record.verification !== null && verification === null) problems.push("its scores are missing");
  const scores = verification === null ? null : importedScores(verification);
  if (canonicalJson(scores) !== canonicalJson(sample.scores)) problems.push("its scores are not those of its patches");
  return problems;
}

function conversationOf(text: string): Message[] | null {
  try {
    return Message.array().safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
