// npm run bench: measured figures as Markdown, to be kept in docs/benchmarks.md with machine and date.
import { install, runAndExit } from "./install.js";

install();
runAndExit(["bench/bench.ts", ...process.argv.slice(2)]);
