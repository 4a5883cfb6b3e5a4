import { cpus, release } from "node:os";
import { benchFunctions, benchStartUp } from "./commands.ts";
import { benchDataset } from "./dataset.ts";
import { benchComparisons } from "./compare-patches.ts";
import { benchFleet } from "./fleet.ts";
import { benchLedger } from "./ledger.ts";
import { print } from "./print.ts";
import { benchRollouts } from "./rollouts.ts";
import { benchTokens } from "./tokens.ts";

// npm run bench [-- REPOSITORY]: the repository's functions are counted and timed; without one, this checkout's.
const [repository = "."] = process.argv.slice(2);

print(`# Measured ${new Date().toISOString().slice(0, 10)}\n`);
print(`${cpus().length} cores (${cpus()[0]?.model ?? "unknown"}), Linux ${release()}, Node ${process.versions.node}, ${repository}\n`);
benchStartUp();
benchFunctions(repository);
// Before what makes this process large: the more memory it has, the longer each sandbox takes to start.
await benchRollouts();
benchComparisons();
await benchTokens();
await benchDataset();
await benchLedger();
await benchFleet();
