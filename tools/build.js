// npm run build: dist/ from src/: JavaScript and types by tsc, and every file beside the code that is not TypeScript.
import { spawnSync } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./install.js";

const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync(process.execPath, ["node_modules/.bin/tsc", "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);
for (const file of globSync("**/*.{json,md,css,sh}", { cwd: join(root, "src") })) {
  const target = join(dist, file);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(root, "src", file), target);
}
