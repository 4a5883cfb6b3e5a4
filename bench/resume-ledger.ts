import { unwrap } from "../src/base/result.ts";
import { createScrubber } from "../src/base/secret.ts";
import { drawLineages } from "../src/journey/draw-lineages.ts";
import { dueLineages } from "../src/journey/due-lineages.ts";
import { openLocalRun } from "../src/ledger/local/local-run.ts";

// What a resume does before it follows a lineage, in a process of its own: node bench/resume-ledger.ts RUN LINEAGES
const [dir = "", wanted = "0"] = process.argv.slice(2);
await using run = unwrap(await openLocalRun({ dir, scrubber: createScrubber([]), write: true }));
const shelf = {
  unpacked: () => Promise.reject(new Error("a draw that is stored needs no snapshot")),
};
const order = { sources: [], wanted: Number(wanted), seed: 0, identityHash: "", ledger: run.ledger, shelf };
const drawn = unwrap(await drawLineages(order, new AbortController().signal));
const { lineages, already } = await dueLineages({ wanted: drawn, retryFailed: false }, run.ledger);
process.stdout.write(JSON.stringify({ drawn, due: lineages.length, already }));
