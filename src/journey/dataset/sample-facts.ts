import { z } from "zod";
import type { ParsedPatch } from "../../patch/parsed-patch.ts";
import { SafetyReason } from "../../records/safety-flag.ts";
import type { Sample } from "../../records/sample.ts";
import { editsOnlyTests } from "./filters/only-tests.ts";
import { repeatsOf } from "./filters/repeated-actions.ts";
import { leavesScratch } from "./filters/scratch-files.ts";

/**
 * What has to be read out of a sample's texts, and nothing of the texts: kept from one selection to the next. `roles`: first letters of
 * its messages' roles; `ends`: tokens up to and with each message of the conversation, null where nobody counted; `uncounted`: why they
 * could not be.
 */
export const SampleFacts = z.strictObject({
  flags: z.array(SafetyReason),
  roles: z.string(),
  repeats: z.number(),
  onlyTests: z.boolean().nullable(),
  scratchFiles: z.boolean().nullable(),
  ends: z.array(z.number()).nullable(),
  uncounted: z.string().nullable(),
});
export type SampleFacts = z.infer<typeof SampleFacts>;

/** All but the counts. */
export function factsOf({ flags, messages }: Sample, patch: ParsedPatch | null): SampleFacts {
  return {
    flags,
    roles: messages.map(({ role }) => role[0] ?? "").join(""),
    repeats: repeatsOf(messages),
    onlyTests: patch === null ? null : editsOnlyTests(patch),
    scratchFiles: patch === null ? null : leavesScratch(patch),
    ends: null,
    uncounted: null,
  };
}

const roleNames: Readonly<Record<string, string>> = { s: "system", u: "user", a: "assistant", t: "tool" };

/** The roles of the conversation that was counted, which has a system message where the sample has none. */
export function rolesOf({ roles, ends }: SampleFacts): string[] {
  const names = Array.from(roles, (letter) => roleNames[letter] ?? "");
  return ends !== null && ends.length > names.length ? ["system", ...names] : names;
}

/** About how large a sample is. */
export function charactersOf({ messages }: Sample): number {
  return messages.reduce((sum, { content }) => sum + content.length, 0);
}
