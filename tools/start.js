// npm start: installs what is missing, then runs the demo to a dataset and a report.
import { install, runAndExit } from "./install.js";

install();
runAndExit(["bin/apprentice.js", "demo", ...process.argv.slice(2)]);
