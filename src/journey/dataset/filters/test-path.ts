/** Names of folders that hold tests, compared segment by segment, so that `contests/` holds none. */
const testFolders = new Set(["test", "tests", "__tests__", "__mocks__", "spec", "specs", "e2e", "testdata", "testing"]);

/** Names of test files in the languages that Apprentice reads. */
const testNames: readonly RegExp[] = [
  /^test_.*\.py$/,
  /^(?:.*_test|tests?|conftest)\.py$/,
  /\.(?:test|spec|cy)\.[cm]?[jt]sx?$/,
  /_(?:test|spec)\.(?:go|rb|c|cc|cpp|rs|lua|sh)$/,
  /^test_.*\.(?:rb|c|cc|cpp|rs|lua|sh)$/,
  /(?:Tests?|TestCase|Spec)\.(?:java|kt|kts|cs|php|swift|scala)$/,
  /\.bats$/,
];

export function isInTestFolder(path: string): boolean {
  return path
    .split("/")
    .slice(0, -1)
    .some((segment) => testFolders.has(segment.toLowerCase()));
}

/** Whether a path, relative with "/", is a test's by its folder or its name. */
export function isTestPath(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return isInTestFolder(path) || testNames.some((pattern) => pattern.test(name));
}
