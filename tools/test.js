// npm test: installs what is missing, then runs every test this machine can run; what is skipped says why.
import { install, runAndExit } from "./install.js";

install();
runAndExit(["node_modules/vitest/vitest.mjs", "run", ...process.argv.slice(2)]);
