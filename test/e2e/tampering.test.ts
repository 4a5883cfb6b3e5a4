import { cp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { call, result, temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

/** Changes a copy of a run folder. */
type Tampering = (run: string) => Promise<unknown>;

async function segment(run: string): Promise<string> {
  const names = (await readdir(join(run, "journal"))).toSorted();
  for (const name of names) if ((await stat(join(run, "journal", name))).size > 0) return join(run, "journal", name);
  throw new Error("no journal");
}

async function rewrite(path: string, change: (bytes: Buffer) => Buffer | string): Promise<void> {
  await writeFile(path, change(await readFile(path)));
}

const flip = (bytes: Buffer): Buffer => {
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return bytes;
};

function inLedger(sql: string): Tampering {
  return async (run) => {
    using database = new DatabaseSync(join(run, "ledger.sqlite"));
    database.exec(sql);
  };
}

async function anArtifact(run: string): Promise<string> {
  using database = new DatabaseSync(join(run, "ledger.sqlite"), { readOnly: true });
  const body = String(database.prepare("SELECT body FROM record WHERE kind = 'rollout' LIMIT 1").get()?.["body"]);
  const { transcript } = JSON.parse(body) as { transcript: string };
  return join(run, "artifacts", transcript.slice(0, 2), transcript);
}

const tamperings: readonly (readonly [string, Tampering, RegExp])[] = [
  ["a bit of the journal", async (run) => await rewrite(await segment(run), flip), /^journal 000001.*damaged/],
  [
    "a line gone from the journal",
    async (run) => await rewrite(await segment(run), (bytes) => bytes.toString("utf8").split("\n").toSpliced(0, 2).join("\n")),
    /^journal: .*never asked|^journal: its entries of/,
  ],
  [
    "the end of the journal",
    async (run) => await rewrite(await segment(run), (bytes) => bytes.subarray(0, bytes.lastIndexOf(10, Math.floor(bytes.length / 2)) + 1)),
    /^journal: its entries of \S+ \S+ are not those/,
  ],
  ["a bit of an artifact", async (run) => await rewrite(await anArtifact(run), flip), /^artifacts: .*damaged/],
  ["an artifact gone", async (run) => await rm(await anArtifact(run)), /its transcript \S+ is missing/],
  ["a bit of the dataset", async (run) => await rewrite(join(run, "dataset", "hermes.jsonl"), flip), /^dataset\/hermes\.jsonl: is not/],
  ["a bit of the manifest", async (run) => await writeFile(join(run, "dataset", "manifest.json"), "{,"), /manifest\.json: is damaged/],
  [
    "a record that is no JSON",
    inLedger("UPDATE record SET body = '{' WHERE kind = 'verification'"),
    /^ledger: verification \S+ is not JSON/,
  ],
  ["a snapshot gone", inLedger("DELETE FROM record WHERE kind = 'snapshot'"), /^lineage \S+: snapshot \S+ is missing/],
  ["the settings gone", inLedger("DELETE FROM record WHERE kind = 'run'"), /settings is missing/],
  [
    "a verdict turned",
    inLedger(`UPDATE record SET body = replace(body, '"accepted":true', '"accepted":false') WHERE kind = 'self-check'`),
    /kept without a self-check/,
  ],
  [
    "a score made better",
    inLedger("UPDATE record SET body = json_set(body, '$.score.recall', 0.123) WHERE kind = 'verification'"),
    /^verification \S+: the patches give another score$/,
  ],
];

it("verify names what was tampered with, and a copy elsewhere is as good as the run", { timeout: 120_000 }, async () => {
  await using folder = await temporaryFolder();
  const repository = smallRepository(join(folder.path, "repository"));
  const run = join(folder.path, "run");
  const args = ["generate", "--repo", repository, "--run", run, "--teacher", "scripted", "--sandbox", "none", "--lineages", "2", "--json"];
  expect((await call(args)).status).toBe(0);
  const copy = join(folder.path, "copy");
  await cp(run, copy, { recursive: true });
  expect(result(await call(["verify", copy, "--json"]))).toEqual({ ok: true, problems: [] });
  for (const [what, tamper, problem] of tamperings) {
    await rm(copy, { recursive: true });
    await cp(run, copy, { recursive: true });
    await tamper(copy);
    const verified = await call(["verify", copy, "--json"]);
    expect([what, verified.status, result(verified)["ok"]]).toEqual([what, 1, false]);
    expect(result(verified)["problems"]).toEqual(expect.arrayContaining([expect.stringMatching(problem)]));
  }
});
