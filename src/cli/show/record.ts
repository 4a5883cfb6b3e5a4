import { stringify } from "yaml";
import { safetyFlags } from "../../journey/dataset/safety/safety-flags.ts";
import type { LedgerRecords } from "../../ledger/ledger.ts";
import type { RunStore } from "../../ledger/run-store.ts";
import type { Verification } from "../../records/patch-score.ts";
import type { PullRequest } from "../../records/pull-request.ts";
import type { Rollout } from "../../records/rollout.ts";
import type { SelfCheck } from "../../records/self-check.ts";
import { commandFailed } from "../command.ts";
import type { Shown } from "./find.ts";
import { readShownImport } from "./imported.ts";
import { checkLines, lineagePage, scoreLines } from "./lineage.ts";
import { readLineageStory } from "../../journey/analysis/lineage-story.ts";
import { originFields, readOrigin } from "./origin.ts";
import { dollarsText, fields, heading, patchLines, plain, prose, type PageLine, type PageView } from "./page.ts";
import { readStored, rolloutPage } from "./rollout.ts";

/** What a run holds under an id: the object that a script gets, and the page that a person reads. */
export interface ShownRecord {
  readonly record: object;
  page(view: PageView): Promise<PageLine[]>;
}

/** Reads what was found. A lineage comes with all that was made of it, a sample with its function and commit; others as they are stored. */
export async function readShown(run: RunStore, { kind, key, id }: Shown): Promise<ShownRecord> {
  switch (kind) {
    case "lineage": {
      const story = await readLineageStory(run, await stored(run, "lineage", key));
      return { record: story, page: (view) => lineagePage(run, story, view) };
    }
    case "rollout": {
      const record = await stored(run, "rollout", key);
      return { record, page: (view) => rolloutPage(run, record, view) };
    }
    case "sample":
      return readSample(run, await stored(run, "rollout", key), id);
    case "self-check": {
      const record = await stored(run, "self-check", key);
      return { record, page: (view) => checkPage(run, record, view) };
    }
    case "pull-request": {
      const record = await stored(run, "pull-request", key);
      return { record, page: (view) => requestPage(run, record, view) };
    }
    case "verification": {
      const record = await stored(run, "verification", key);
      return { record, page: (view) => scorePage(run, record, view) };
    }
    case "imported":
      return await readShownImport(run, await stored(run, "imported", key));
    case "run":
    case "intake":
    case "snapshot": {
      const record = await stored(run, kind, key);
      return { record, page: async () => settingsPage(kind, key, record) };
    }
    default:
      return kind satisfies never;
  }
}

async function stored<Kind extends keyof LedgerRecords>(run: RunStore, kind: Kind, key: string): Promise<LedgerRecords[Kind]> {
  const record = await run.ledger.get(kind, key);
  if (record === null) throw commandFailed(`The ${kind} ${key} is missing from the ledger: \`apprentice verify\` says more.`);
  return record;
}

/** A sample leads back to the function and the commit it comes from. Its messages are the rollout's turns. */
async function readSample(run: RunStore, rollout: Rollout, id: string): Promise<ShownRecord> {
  const lineage = await stored(run, "lineage", rollout.lineage);
  const story = await readLineageStory(run, lineage);
  const { path, qualifiedName, language, startLine, endLine } = lineage.site;
  const recall = story.verification?.score.recall ?? null;
  const { kind, key } = rollout;
  const origin = { repository: story.snapshot?.repository ?? null, commit: story.snapshot?.sourceCommit ?? null };
  const state = story.outcome?.state ?? "unfinished";
  const site = { path, qualifiedName, language, startLine, endLine };
  const flags = safetyFlags(await readStored(run, rollout));
  return {
    record: { id, kind, lineage: lineage.key, rollout: key, ...origin, ...site, recall, state, flags },
    page: async (view) => [
      plain(`Sample ${id} · ${kind.toUpperCase()} of a lineage that is ${state}`, "heading"),
      ...fields([["recall", recall === null ? "unknown" : recall.toFixed(4)]]),
      plain(""),
      ...(await rolloutPage(run, rollout, view)),
    ],
  };
}

async function checkPage(run: RunStore, check: SelfCheck, view: PageView): Promise<PageLine[]> {
  const rollout = await run.ledger.get("rollout", check.rollout);
  return [
    plain("Self-check", "heading"),
    ...originFields(await readOrigin(run, rollout?.lineage ?? "")),
    ...fields([
      ["rollout", check.rollout],
      ["cost", dollarsText(check.spending)],
    ]),
    ...(await checkLines(run, check, view)),
    ...(rollout === null
      ? []
      : [
          ...heading("The bug hint", view),
          ...prose(rollout.problem, view),
          ...heading("The patch", view),
          ...patchLines(await run.artifacts.get(rollout.patch), view),
        ]),
  ];
}

async function requestPage(run: RunStore, request: PullRequest, view: PageView): Promise<PageLine[]> {
  const rollout = await run.ledger.get("rollout", request.rollout);
  return [
    plain(`Pull request ${request.key}`, "heading"),
    ...originFields(await readOrigin(run, rollout?.lineage ?? "")),
    ...fields([
      ["lineage", rollout?.lineage ?? "unknown"],
      ["written of", `the first rollout ${request.rollout}`],
      ["modelled on", request.demonstration],
      ["cost", dollarsText(request.spending)],
    ]),
    plain(""),
    ...(request.text === null ? [plain("  No answer of the teacher could be read.")] : prose(request.text, view)),
  ];
}

async function scorePage(run: RunStore, verification: Verification, view: PageView): Promise<PageLine[]> {
  const [first, second] = await Promise.all([run.artifacts.get(verification.firstPatch), run.artifacts.get(verification.secondPatch)]);
  return [
    plain(`Score ${verification.key}`, "heading"),
    ...originFields(await readOrigin(run, verification.lineage)),
    ...fields([["lineage", verification.lineage]]),
    plain(""),
    ...scoreLines(verification),
    ...heading("Patch P1", view),
    ...patchLines(first, view),
    ...heading("Patch P2", view),
    ...patchLines(second, view),
  ];
}

function settingsPage(kind: string, key: string, record: object): PageLine[] {
  const lines = stringify(record, { lineWidth: 0 }).trimEnd().split("\n");
  return [plain(`${kind} ${key}`, "heading"), ...lines.map((line) => plain(`  ${line}`))];
}
