// npm run chaos: one run killed with -9 again and again, beside an undisturbed one; every line of the teacher's log is accounted for.
import { install, runAndExit } from "./install.js";

install();
runAndExit(["test/chaos/run-chaos.ts", ...process.argv.slice(2)]);
