import { Readable } from "node:stream";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pack } from "tar-stream";
import { err, ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../records/failure.ts";
import { settingsFolder } from "../network-settings.ts";
import type { Sandbox } from "../sandbox.ts";
import { excludeLines } from "../setup-names.ts";
import { shellQuote } from "../shell-quote.ts";
import type { Engine } from "./engine.ts";
import { insideId } from "./names.ts";

/** A container whose workspace is made ready to be committed; nothing else runs in it. */
export interface FilledContainer {
  readonly engine: Engine;
  readonly container: string;
}

const workspace = "/testbed";
const settleMs = 10 * 60_000;
/** A program begins for each so many paths. */
const pathsAtOnce = 100;

export interface Order {
  /** Paths in the workspace that go, with all in them. */
  readonly gone: readonly string[];
  /** Paths in the workspace that become the agent's, with all in them. */
  readonly given: readonly string[];
  /** Lines of a shell that come last. */
  readonly last?: readonly string[];
}

/** Removes and gives away, as root inside. What could not be done is a value: the words of the program that failed. */
export async function orderWorkspace(
  sandbox: Sandbox,
  { gone, given, last = [] }: Order,
  signal: AbortSignal,
): Promise<Result<string | null, Failure>> {
  const lines = [
    ...batches(gone).map((paths) => `rm -rf -- ${paths} || exit 1`),
    ...batches(given).map((paths) => `chown -R -h ${insideId}:${insideId} -- ${paths} || exit 1`),
    ...last,
  ];
  const done = await runScript(sandbox, lines, signal);
  if (!done.ok) return done;
  return ok(done.value.exitCode === 0 ? null : done.value.output.trim());
}

/** Runs a script that is too long for an argument. */
export async function runScript(sandbox: Sandbox, lines: readonly string[], signal: AbortSignal) {
  const script = `${settingsFolder}/script`;
  const written = await sandbox.writeFile(script, Buffer.from(`LC_ALL=C\n${lines.join("\n")}\n`, "latin1"), signal);
  if (!written.ok) return err(written.error);
  return await sandbox.run({ command: `cd /; sh ${script}`, timeoutMs: settleMs, outputLimitBytes: 2000 }, signal);
}

function batches(paths: readonly string[]): string[] {
  const quoted = paths.map((path) => shellQuote(`${workspace}/${path}`));
  return Array.from({ length: Math.ceil(quoted.length / pathsAtOnce) }, (_, index) =>
    quoted.slice(index * pathsAtOnce, (index + 1) * pathsAtOnce).join(" "),
  );
}

/** Lays a tar over what a container has. */
export async function layOver(
  { engine, container }: FilledContainer,
  tar: { readonly into: string; readonly body: Readable },
  signal: AbortSignal,
) {
  const call = { method: "PUT", path: `/containers/${container}/archive`, query: { path: tar.into }, body: tar.body } as const;
  await engine.json(call, signal);
}

/** Hides names from the workspace's git, besides what the snapshot hides. */
export async function excludeNames(
  parts: FilledContainer & { readonly snapshotPath: string; readonly names: Iterable<string> },
  signal: AbortSignal,
): Promise<void> {
  const before = await readFile(join(parts.snapshotPath, ".git/info/exclude"), "latin1").catch(() => "");
  const tar = pack();
  const header = { name: ".git/info/exclude", mode: 0o644, uid: insideId, gid: insideId, mtime: new Date(0) };
  tar.entry(header, Buffer.from(before + excludeLines(parts.names), "latin1"));
  tar.finalize();
  await layOver(parts, { into: workspace, body: Readable.from(tar, { objectMode: false }) }, signal);
}
