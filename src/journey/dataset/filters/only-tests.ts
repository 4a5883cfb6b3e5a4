import type { ParsedPatch } from "../../../patch/parsed-patch.ts";
import { leavesIf, type Judged, type Verdict } from "./judged.ts";
import { isTestPath } from "./test-path.ts";

/** Patches whose every file is a test's. */
export function onlyTests(judged: Pick<Judged, "onlyTests">): Verdict {
  return leavesIf(judged.onlyTests);
}

export function editsOnlyTests({ files }: ParsedPatch): boolean {
  const paths = files.flatMap(({ oldPath, newPath }) => [oldPath, newPath]).filter((path) => path !== null);
  return paths.length > 0 && paths.every(isTestPath);
}
