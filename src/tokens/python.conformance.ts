import { existsSync } from "node:fs";
import { join } from "node:path";

/** Python with transformers, datasets and pyarrow (tools/install.js). */
export const python = join(import.meta.dirname, "../../node_modules/.python-for-tests/bin/python");

/** Why nothing can be compared with Python's libraries here; null: it can. */
export function whyNoPython(): string | null {
  return existsSync(join(python, "../../installed"))
    ? null
    : "Python's packages for tests are not installed (CI=true npm test installs them)";
}
