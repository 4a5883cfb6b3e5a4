import type { ParsedPatch } from "../../../patch/parsed-patch.ts";
import { leavesIf, type Judged, type Verdict } from "./judged.ts";
import { isInTestFolder } from "./test-path.ts";

/** What agents leave lying about. `at`: where such a name is scratch; in a folder of tests nothing is but what is so `anywhere`. */
interface ScratchRow {
  readonly name: RegExp;
  readonly at: "root" | "outside-tests" | "anywhere";
}

const code = "(?:py|js|mjs|cjs|ts|mts|jsx|tsx|go|rs|rb|php|java|kt|swift|scala|lua|sh|c|cc|cpp|cs)";

const scratch: readonly ScratchRow[] = [
  { name: new RegExp(`^(?:.*[_.-])?(?:reproduce|reproduction|repro)(?:[_.-].*)?\\.${code}$`, "i"), at: "outside-tests" },
  { name: new RegExp(`^(?:verify|debug|demo|demonstrate|check|try|scratch|sanity)(?:[_.-].*)?\\.${code}$`, "i"), at: "root" },
  { name: new RegExp(`^(?:test_.*|.*_test|.*[_.-]test|test\\d*|quick_test.*)\\.${code}$`, "i"), at: "root" },
  { name: new RegExp(`^(?:edge_cases?|comprehensive|final|simple|manual)(?:[_.-].*)?\\.${code}$`, "i"), at: "root" },
  { name: /^(?:te?mp|scratch)(?:[_.-].*|\d*)?$/i, at: "root" },
  { name: /^(?:.*[_.-])?te?mp(?:[_.-]?\d+)?\.[a-z]+$/i, at: "root" },
  { name: /\.(?:orig|rej|bak|swp|swo|tmp|pyc|pyo)$|~$|^#.*#$|^core(?:\.\d+)?$|^a\.out$|^nohup\.out$/i, at: "anywhere" },
  { name: /^(?:patch|diff|fix|changes?|output|out|log)\.(?:txt|diff|patch|log)$/i, at: "root" },
  { name: /^(?:.*_)?(?:summary|changes|fix|notes|implementation)(?:_.*)?\.(?:md|txt)$/i, at: "root" },
];

/** Whether a path that a patch adds is scratch. */
export function isScratchPath(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const isAt = { root: !path.includes("/"), "outside-tests": !isInTestFolder(path), anywhere: true };
  return path.includes("/__pycache__/") || scratch.some((row) => isAt[row.at] && row.name.test(name));
}

/** Patches that add files of nobody's use: reproduction scripts, tests beside the code's tests, copies and leavings of tools. */
export function scratchFiles(judged: Pick<Judged, "scratchFiles">): Verdict {
  return leavesIf(judged.scratchFiles);
}

export function leavesScratch({ files }: ParsedPatch): boolean {
  return files.some(({ kind, newPath }) => (kind === "added" || kind === "copied") && newPath !== null && isScratchPath(newPath));
}
