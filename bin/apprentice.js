#!/usr/bin/env node
// Starts Apprentice under Node 24: in this process where it is one, else under the Node that the checkout brought along.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// A checkout runs its sources, so that a build left behind is never taken for them; the published package has only dist/.
const source = join(root, "src", "cli", "main.ts");
const entry = existsSync(source) ? source : join(root, "dist", "cli", "main.js");
// By its package, not by `.bin/node`, which npm 9 and 10 do not make (tools/install.js).
const ownNode = join(root, "node_modules", `node-linux-${process.arch}`, "bin", "node");

if (Number(process.versions.node.split(".")[0]) >= 24) {
  if (entry.endsWith(".ts") && !existsSync(join(root, "node_modules"))) {
    fail("This checkout has no dependencies yet: run `npm start` (or `npm ci`) in it first.");
  } else {
    const { enableCompileCache } = await import("node:module");
    enableCompileCache();
    await import(pathToFileURL(entry).href);
  }
} else if (existsSync(ownNode)) {
  runUnder(ownNode);
} else if (entry.endsWith(".ts")) {
  fail("This checkout has no dependencies yet: run `npm start` (or `npm ci`) in it first.");
} else {
  fail(
    `Apprentice needs Node 24 or newer, and this is Node ${process.versions.node}: install a newer Node and run the same command again.`,
  );
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}

// The child is in a group of its own, so that Ctrl-C reaches it once, from here; the channel tells it when this process is gone.
function runUnder(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    detached: true,
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGWINCH"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`Node 24 of this checkout could not be started (${error.message}): run \`npm ci\` again.`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
