import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Step } from "../../records/rollout.ts";
import type { SelectedSample } from "../../records/sample.ts";
import type { Intake } from "../../records/snapshot.ts";
import {
  inventedLineage,
  message,
  openTemporaryRun,
  putLineage,
  putOrigin,
  type Story,
  type TemporaryRun,
} from "../stored-lineage.conformance.ts";
import { DropCounter, type SampleSource } from "./collect-samples.ts";
import { Recipe } from "./recipe.ts";
import { chosenSamples, RecipeError, selectSamples, type SelectionOrder } from "./select-samples.ts";
import { wordTokenizer } from "./word-tokenizer.conformance.ts";

let stores: TemporaryRun;
beforeEach(async () => {
  stores = await openTemporaryRun();
  await putOrigin(stores.run);
});
afterEach(async () => await stores[Symbol.asyncDispose]());

async function stored(stories: readonly Story[], { run }: TemporaryRun = stores, from = 0): Promise<void> {
  for (const [position, story] of stories.entries()) await putLineage(run, inventedLineage(from + position), story);
}

interface Selected {
  readonly samples: SelectedSample[];
  readonly dropped: DropCounter;
}

async function selected(recipe: object, more: Partial<SelectionOrder> = {}): Promise<Selected> {
  const dropped = new DropCounter();
  const order = { sources: [stores.run], recipe: Recipe.parse(recipe), tokenizer: null, redactor: null, ...more };
  return { samples: await Array.fromAsync(selectSamples(order, dropped)), dropped };
}

const keysOf = ({ samples }: Selected): string[] => samples.map(({ sample }) => `${sample.lineage} ${sample.kind}`);

function action(turn: number, command: string, more: Partial<Step> = {}): Step {
  const reply = message(`turn ${turn}`, [{ name: "bash", arguments: JSON.stringify({ command }) }]);
  return { turn, kind: "action", reply, observation: `answer ${turn}`, ended: "completed", exitCode: 0, ...more };
}
const edit = (turn: number, observation: string): Step =>
  action(turn, "", {
    reply: message(`turn ${turn}`, [{ name: "str_replace_editor", arguments: '{"command":"view","path":"/testbed/a"}' }]),
    observation,
    ended: null,
    exitCode: null,
  });

test("without a tokenizer nothing is counted and nothing is cut", async () => {
  await stored([{}, {}]);
  const { samples, dropped } = await selected({});
  expect(samples).toHaveLength(4);
  expect(samples[0]).toMatchObject({ tokens: null, ratios: null, redactions: 0 });
  expect(dropped.counts).toEqual({});
});

test("what needs counts refuses to go without a tokenizer, and never guesses", async () => {
  await stored([{}]);
  await expect(selected({ context: 100 })).rejects.toThrow(RecipeError);
  await expect(selected({ filters: { toolTokens: 600 } })).rejects.toThrow("filters.toolTokens needs counts");
  await expect(selected({ order: "ratio" })).rejects.toThrow("give context");
});

test("runs are one: in order of lineage key whatever run it is of, and given twice no sample comes twice", async () => {
  await using other = await openTemporaryRun();
  await putOrigin(other.run);
  await stored([{}, {}, {}]);
  await stored([{}, {}, {}], other, 3);
  const both = await selected({}, { sources: [stores.run, other.run] });
  const turned = await selected({}, { sources: [other.run, stores.run] });
  expect(keysOf(both)).toEqual(keysOf(both).toSorted());
  expect(both.samples).toHaveLength(12);
  expect(turned.samples).toEqual(both.samples);
  const twice = await selected({}, { sources: [stores.run, stores.run] });
  expect(twice.samples).toHaveLength(6);
  expect(twice.dropped.counts).toEqual({ "duplicate-sample": 6 });
});

test("a long sample is cut after the last whole turn that fits, the ratio says how much of it is left", async () => {
  const steps = Array.from({ length: 10 }, (_, turn) => action(turn, "ls", turn % 3 === 2 ? { exitCode: 1 } : {}));
  await stored([{ steps }]);
  const whole = await selected({ kind: "t1", filters: { failedSteps: "mask" } }, { tokenizer: wordTokenizer() });
  expect(whole.samples[0]).toMatchObject({ ratios: { steps: 1, messages: 1 }, sample: { failedSteps: [6, 12, 18] } });
  const total = whole.samples[0]?.tokens ?? 0;
  const cut = await selected(
    { kind: "t1", context: Math.floor(total / 2), filters: { failedSteps: "mask" } },
    { tokenizer: wordTokenizer() },
  );
  const [one] = cut.samples;
  expect(one?.sample.messages.at(-1)?.role).toBe("assistant");
  expect(one?.tokens).toBeLessThan(total / 2);
  const turns = one?.sample.messages.filter(({ role }) => role === "assistant").length ?? 0;
  expect(one?.ratios?.steps).toBe(turns / 10);
  expect(one?.sample.failedSteps).toEqual([6, 12, 18].filter((position) => position < (one?.sample.messages.length ?? 0)));
  expect(one?.sample.messages).toEqual(whole.samples[0]?.sample.messages.slice(0, one?.sample.messages.length));
  const none = await selected({ kind: "t1", context: 3 }, { tokenizer: wordTokenizer() });
  expect(none.dropped.counts).toEqual({ "longer-than-context": 1 });
});

test("failed steps are those that ended badly, by whatever tool, and are no matter unless they are to be masked", async () => {
  const steps = [
    action(0, "true"),
    action(1, "false", { exitCode: 1 }),
    action(2, "sleep 999", { ended: "timed-out", exitCode: null }),
    action(3, "kill $$", { ended: "shell-ended", exitCode: null }),
    edit(4, "OBSERVATION:\nHere's the result of running `cat -n` on /testbed/a:\n     1\tx\n"),
    edit(5, "OBSERVATION:\nNo replacement was performed, old_str `q` did not appear verbatim in /testbed/a.\n"),
    edit(6, "OBSERVATION:\nThe file /testbed/a has been edited. Here's the result of running `cat -n` on a snippet of /testbed/a:\n"),
    edit(7, "OBSERVATION:\nThe path /testbed/a does not exist. Please provide a valid path.\n"),
    action(8, "exit", { ended: "shell-ended", exitCode: 0 }),
  ];
  await stored([{ steps }]);
  const { samples } = await selected({ kind: "t1", filters: { failedSteps: "mask" } });
  const failed = samples[0]?.sample.failedSteps.map((position) => (position - 2) / 2);
  expect(failed).toEqual([1, 2, 3, 5, 7, 8]);
  expect((await selected({ kind: "t1" })).samples[0]?.sample.failedSteps).toEqual([]);
});

test("what cannot be rendered stays uncounted, and goes only where a cut needs its counts", async () => {
  await stored([{ steps: [action(0, "echo UNRENDERABLE")] }, {}]);
  const all = await selected({ kind: "t1" }, { tokenizer: wordTokenizer() });
  expect(all.samples.filter(({ tokens }) => tokens === null)).toHaveLength(1);
  expect(all.dropped.notes).toMatchObject({ "not-counted:template-failed": 1 });
  const cut = await selected({ kind: "t1", context: 10_000 }, { tokenizer: wordTokenizer() });
  expect(cut.dropped.counts).toEqual({ "not-counted": 1 });
});

test("a conversation that has no hermes row keeps its place among those that have one", async () => {
  const bad = [action(0, "", { reply: message("bad", [{ name: "bash", arguments: "{broken" }]) })];
  await stored([{}, { steps: bad }, {}, { steps: bad }, {}]);
  const { samples, dropped } = await selected({}, { tokenizer: wordTokenizer() });
  expect(samples).toHaveLength(10);
  expect(dropped.notes).toEqual({ "not-counted:arguments-not-a-json-object": 4, "not-judged:held-out": 10 });
  for (const { sample, tokens } of samples) expect(tokens === null).toBe(JSON.stringify(sample).includes("{broken"));
});

test("first rollouts of rejected lineages come where they are asked for, judged by their own self-check", async () => {
  await stored([{ check: "refused" }, { request: null }, { secondFiles: 0 }, {}]);
  expect((await selected({ kind: "t1" })).samples).toHaveLength(1);
  const finished = await selected({ lineages: "finished", threshold: 0 });
  expect(finished.samples.map(({ sample }) => String(sample.kind)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["t1", "t1", "t1", "t2"]);
  expect(finished.dropped.counts).toEqual({ "self-check": 1, "empty-patch": 1 });
  const all = await selected({ lineages: "finished", threshold: 0, filters: { selfCheck: false, emptyPatch: false } });
  expect(all.samples).toHaveLength(6);
  expect(all.samples.filter(({ sample }) => sample.scores === null)).toHaveLength(4);
});

test("where a sample comes from stands in it: hint, sampling, attempt, licence, terms", async () => {
  const identity = {
    model: "glm-4.6",
    rollout: { temperature: 0.6, maxOutputTokens: null, maxSteps: 9 },
    extraBody: { top_p: 0.9, user: "me" },
  };
  await using other = await openTemporaryRun();
  const { ledger } = other.run;
  await ledger.put("run", "x", { version: 1, tool: "apprentice 9", identity, identityHash: "x" });
  const texts = { commit: "c", tree: "t", bundle: "b" };
  await ledger.put("snapshot", "snapshot-1", { version: 1, id: "snapshot-1", repository: "library", sourceCommit: "c0ffee", ...texts });
  await ledger.put("intake", "i", intake({ licence: "MIT" }));
  await putLineage(other.run, inventedLineage(0));
  const source: SampleSource = other.run;
  const { samples } = await selected({ kind: "t2" }, { sources: [source] });
  const { provenance } = samples[0]?.sample ?? {};
  expect(provenance).toMatchObject({
    teacher: "glm-4.6",
    termsAllowTraining: true,
    licence: "MIT",
    attempt: 1,
    tool: "apprentice 9",
    sampling: { temperature: 0.6, maxOutputTokens: null, top_p: 0.9 },
  });
  expect(provenance?.hint).toMatch(/^Fix /);
  expect(JSON.stringify(provenance)).not.toContain('"me"');
  const refusing = await selected({ kind: "t2" }, { sources: [{ ledger, artifacts: other.run.artifacts, termsAllowTraining: false }] });
  expect(refusing.samples[0]?.sample.provenance.termsAllowTraining).toBe(false);
});

function intake(more: Partial<Intake> & { readonly heldOut?: number; readonly newest?: string } = {}): Intake {
  const { heldOut = 2, newest = "c0ffee", ...rest } = more;
  const cut = { version: 1 as const, head: "h", totalCommits: 20, heldOut, newestTraining: newest, rule: "r" };
  const fixed = { uncommitted: 0, origin: "git" as const, leftOut: 0, folder: "", messages: [] };
  return { version: 1, repository: "library", cut, snapshots: ["snapshot-1"], ...fixed, ...rest };
}

test("what one run holds out, no other run brings in", async () => {
  await stored([{}]);
  await stores.run.ledger.put("intake", "i", intake());
  expect((await selected({})).dropped.notes).toEqual({});
  await using stricter = await openTemporaryRun();
  await stricter.run.ledger.put("intake", "i", intake({ heldOut: 5, newest: "older" }));
  const both = await selected({}, { sources: [stores.run, stricter.run] });
  expect([both.samples.length, both.dropped.counts]).toEqual([0, { "held-out": 2 }]);
  expect((await selected({ filters: { holdOut: false } }, { sources: [stores.run, stricter.run] })).samples).toHaveLength(2);
  await using looser = await openTemporaryRun();
  await looser.run.ledger.put("intake", "i", intake({ heldOut: 0, newest: "head" }));
  expect((await selected({}, { sources: [stores.run, looser.run] })).samples).toHaveLength(2);
});

test("an older commit of a run that cuts later is not judged, and counted", async () => {
  await stored([{}]);
  await stores.run.ledger.put("intake", "i", intake({ newest: "a later commit" }));
  await using stricter = await openTemporaryRun();
  await stricter.run.ledger.put("intake", "i", intake({ heldOut: 5, newest: "older" }));
  const { samples, dropped } = await selected({}, { sources: [stores.run, stricter.run] });
  expect([samples.length, dropped.counts, dropped.notes]).toEqual([2, {}, { "not-judged:held-out": 2 }]);
});

const diff = (line: string, path = "src/a.py"): string =>
  `--- a/${path}\n+++ b/${path}\n@@ -1,2 +1,2 @@\n-old line of code here\n-another old line here\n+${line}\n+and more new code here\n`;

test("near duplicates of a patch leave but the first by key", async () => {
  await stored([
    { firstPatch: diff("new line one here") },
    { firstPatch: diff("new  line one here") },
    { firstPatch: diff("quite another thing at all") },
  ]);
  expect((await selected({ kind: "t1" })).samples).toHaveLength(3);
  const { samples, dropped } = await selected({ kind: "t1", filters: { nearDuplicates: 0.9 } });
  expect([samples.length, dropped.counts]).toEqual([2, { "near-duplicate": 1 }]);
});

test("filters of the patch read it, and count where it cannot be read", async () => {
  await stored([{ firstPatch: diff("x", "tests/a.py") }, { firstPatch: "no diff at all" }, { firstPatch: diff("x") }]);
  const { samples, dropped } = await selected({ kind: "t1", filters: { onlyTests: true } });
  expect([samples.length, dropped.counts["only-tests"], dropped.notes["not-judged:only-tests"]]).toEqual([2, 1, 1]);
});

test("what was read once is not read again, and gives the same; another tokenizer or another text is another thing", async () => {
  await stored([{}, { steps: [action(0, "ls", { observation: "a longer answer of the tool" })] }, {}]);
  const folder = join(stores.root, "facts");
  const recipe = { context: 150, filters: { toolTokens: 600, repeatedActions: 3 } };
  const first = await selected(recipe, { tokenizer: wordTokenizer(), factsFolder: folder });
  let reads = 0;
  const { artifacts, ledger } = stores.run;
  const watched: SampleSource = {
    ledger,
    artifacts: { ...artifacts, get: async (id) => (reads++, await artifacts.get(id)) },
  };
  const dropped = new DropCounter();
  const order = { sources: [watched], recipe: Recipe.parse(recipe), tokenizer: wordTokenizer(), redactor: null, factsFolder: folder };
  const { chosen } = await chosenSamples(order, dropped);
  expect(reads).toBe(0);
  expect(dropped).toEqual(first.dropped);
  expect(chosen.map(({ candidate }) => candidate.id)).toEqual(first.samples.map(({ sample }) => sample.id));
  await chosenSamples({ ...order, tokenizer: { ...wordTokenizer(), id: "another" } }, new DropCounter());
  expect(reads).toBeGreaterThan(0);
  const again = await selected(recipe, { tokenizer: wordTokenizer(), factsFolder: folder });
  expect(again.samples).toEqual(first.samples);
});

test("a damaged cache, or none that can be written, is done without", async () => {
  await stored([{}]);
  await mkdir(join(stores.root, "facts"));
  await writeFile(join(stores.root, "facts", "facts.sqlite"), "this is no database, but long enough to be looked at as if it were one");
  for (const factsFolder of [join(stores.root, "facts"), "/proc/nothing/here", join(stores.root, "facts", "facts.sqlite")])
    expect((await selected({ context: 1000 }, { tokenizer: wordTokenizer(), factsFolder })).samples).toHaveLength(2);
});

test("thresholds may be of another counting, also of what was scored before it was stored", async () => {
  const moved = { firstPatch: diff("new line one", "src/a.py"), recall: 0 };
  await stored([moved]);
  expect((await selected({ kind: "t2" })).dropped.counts).toEqual({ "below-threshold": 1 });
  const bySera = await selected({ kind: "t2", recallBy: "sera" });
  expect([bySera.samples.length, bySera.dropped.counts]).toEqual([0, { "below-threshold": 1 }]);
  expect((await selected({ kind: "t2", recallBy: "sera", threshold: 0 })).samples).toHaveLength(1);
});

test("a share of a repository that has no sample is an error in the recipe", async () => {
  await stored([{}]);
  await expect(selected({ share: { repositories: ["elsewhere"], alpha: 0.5 } })).rejects.toThrow(RecipeError);
});

test("memory holds no texts but of the sample that is looked at", async () => {
  const observation = "word ".repeat(20_000);
  await stored(Array.from({ length: 60 }, (_, index) => ({ steps: [action(index, "ls", { observation: `${observation}${index}` })] })));
  const script = `
    import { openLocalRun } from "${import.meta.dirname}/../../ledger/local/local-run.ts";
    import { createScrubber } from "${import.meta.dirname}/../../base/secret.ts";
    import { selectSamples } from "${import.meta.dirname}/select-samples.ts";
    import { DropCounter } from "${import.meta.dirname}/collect-samples.ts";
    import { Recipe } from "${import.meta.dirname}/recipe.ts";
    const run = await openLocalRun({ dir: process.argv[1], scrubber: createScrubber([]), write: false });
    globalThis.gc(); const before = process.memoryUsage().heapUsed; let samples = 0, most = 0;
    for await (const _ of selectSamples({ sources: [run.value], recipe: Recipe.parse({ order: "random" }), tokenizer: null, redactor: null }, new DropCounter())) {
      samples++;
      if (samples % 10 === 1) { globalThis.gc(); most = Math.max(most, process.memoryUsage().heapUsed - before); }
    }
    console.log(JSON.stringify({ samples, most }));`;
  const args = ["--expose-gc", "--input-type=module", "-e", script, stores.run.dir];
  const out = execFileSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const { samples, most } = JSON.parse(out) as { samples: number; most: number };
  expect(samples).toBe(120);
  // All of them are 12 MB of text; what is held at once is a sample, and code that has become warm.
  expect(most).toBeLessThan(6e6);
});
