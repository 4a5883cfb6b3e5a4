import { comparePatches } from "../../patch/compare-patches.ts";
import { compareSera } from "../../patch/compare-sera.ts";
import type { Artifacts } from "../../ledger/artifacts.ts";
import type { PatchScore, Verification } from "../../records/patch-score.ts";
import type { Recipe } from "./recipe.ts";

type Counting = Exclude<Recipe["recallBy"], "lines">;

/** The stored score of another way of counting; of what was scored before such were stored, made of its patches again. Null: they are gone. */
export async function scoreBy(
  counting: Counting,
  verification: Verification,
  artifacts: Pick<Artifacts, "get">,
): Promise<PatchScore | null> {
  if (verification.version === 2) {
    const { ignoringWhitespace, anywhere, sera } = verification;
    return { "ignoring-whitespace": ignoringWhitespace, anywhere, sera }[counting];
  }
  const [first, second] = await Promise.all([artifacts.get(verification.firstPatch), artifacts.get(verification.secondPatch)]);
  if (first === null || second === null) return null;
  if (counting === "sera") return compareSera(first, second);
  const compared = comparePatches(first, second);
  if (!compared.ok) return null;
  return counting === "anywhere" ? compared.value.anywhere : compared.value.ignoringWhitespace;
}
