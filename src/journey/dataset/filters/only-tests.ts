import { leavesIf, type Judged, type Verdict } from "./judged.ts";
import { isTestPath } from "./test-path.ts";

/** Patches whose every file is a test's. */
export function onlyTests({ patch }: Judged): Verdict {
  if (patch === null) return "unknown";
  const paths = patch.files.flatMap(({ oldPath, newPath }) => [oldPath, newPath]).filter((path) => path !== null);
  return leavesIf(paths.length > 0 && paths.every(isTestPath));
}
