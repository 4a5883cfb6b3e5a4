import { expect, test } from "vitest";
import type { RunSummary } from "../journey/analysis/summarise-run.ts";
import { noSpending } from "../records/usage.ts";
import { escapeHtml } from "./escape-html.ts";
import { reportPage as pageOf } from "./report-page.ts";

const summary: RunSummary = {
  lineages: { total: 1234, kept: 871, rejected: 242, failed: 73, unfinished: 48 },
  stages: [
    { stage: "first-rollout", done: 1399, passed: 1211, means: "left a patch" },
    { stage: "self-check", done: 0, passed: 0, means: "patch answers the hint" },
  ],
  reasons: [{ reason: "rejected: self-check (refused)", count: 217 }],
  exits: { submitted: 2022, "exit-steps": 19 },
  rollouts: 2041,
  steps: 51_234,
  imported: [],
  spending: {
    ...noSpending,
    calls: 60_001,
    replies: 59_002,
    usage: { input: 123_456_789, cached: null, output: 7_654_321 },
    costUsd: 98.76543,
    unknownCostCalls: 31,
    possiblyPaid: 3,
  },
  callFailures: { "rate-limited": 999 },
  recallTenths: [11, 0, 0, 0, 0, 23, 0, 0, 0, 0, 837],
  recallBands: { zero: 13, belowHalf: 29, fromHalf: 31, one: 839, undefined: 41 },
  meanRecall: 0.98765,
  dataset: {
    t1: 867,
    t2: 853,
    kind: "both",
    threshold: 0.625,
    flagged: "drop",
    flags: { injection: 5 },
    dropped: { "flagged:injection": 5 },
  },
  begun: "2026-01-01T12:00:09.123Z",
  lastActive: "2026-01-03T04:05:06.789Z",
  tool: "apprentice 7.8.9",
  seed: 4711,
  teacher: "some-model",
  repositories: [
    { name: "library", commits: ["c0ffee0123456789", "decade0123456789"], heldOut: 17, totalCommits: 170, rule: "newest 10 %" },
  ],
};

async function* none(): AsyncGenerator<never> {}

async function reportPage(given: RunSummary, title: string): Promise<string> {
  return await pageOf({ summary: given, title, lineages: none(), bounds: { characters: 1, names: 1 }, lineOf: (id) => `show ${id}` });
}

/** What a reader sees, without markup and styles. */
function textOf(html: string): string {
  return html
    .replace(/<style>[^]*?<\/style>/g, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");
}

test("the page's numbers are the summary's", async () => {
  const text = textOf(await reportPage(summary, "20260101-120000-library"));
  for (const number of [
    "871",
    "242",
    "73",
    "48",
    "of 1234",
    "1399",
    "1211",
    "86.6&nbsp;%",
    "217",
    "2022",
    "19",
    "999",
    "11",
    "23",
    "837",
    "0.988",
  ]) {
    expect(text).toContain(number);
  }
  for (const number of [
    "123,456,789",
    "7,654,321",
    "$98.7654",
    "60,001",
    "59,002",
    "31",
    "2,041",
    "51,234",
    "17 of 170 commits held out",
  ]) {
    expect(text).toContain(number);
  }
  expect(text).toContain("of them cached unknown");
  expect(text).toContain("self-check 0 0 – patch answers the hint");
});

test("the page says of which code, when, by what and with what seed it is", async () => {
  const text = textOf(await reportPage(summary, "run"));
  expect(text).toContain("begun 2026-01-01 12:00 UTC last worked on 2026-01-03 04:05 UTC");
  expect(text).toContain("repository library at c0ffee012345, decade012345; 17 of 170 commits held out");
  expect(text).toContain("teacher some-model seed 4711 begun with apprentice 7.8.9");
  const before = textOf(await reportPage({ ...summary, begun: null, lastActive: null, seed: null }, "run"));
  expect(before).toContain("begun not yet last worked on not yet");
  expect(before).toContain("seed unknown");
});

test("the page says what the dataset holds, and how many kept lineages have which recall", async () => {
  const text = textOf(await reportPage(summary, "run"));
  expect(text).toContain("T1 867 first rollouts of kept lineages, whatever their recall");
  expect(text).toContain("T2 853 second rollouts of those whose recall is 0.625 or more");
  expect(text).toContain("recall lineages 0 13 above 0, below 0.5 29 0.5 or more, below 1 31 1 839 none");
  expect(textOf(await reportPage({ ...summary, dataset: null }, "run"))).toContain("Dataset None was written yet.");
});

test("the page needs nothing from elsewhere and runs nothing", async () => {
  const html = await reportPage(summary, "run");
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(html).not.toMatch(/<script|<link|<img|<iframe|\ssrc=|url\(|@import|\son\w+=/i);
});

test("a scripted teacher's data is called what it is, and another's is not", async () => {
  expect(await reportPage({ ...summary, teacher: "scripted" }, "run")).toContain("not for training");
  expect(await reportPage(summary, "run")).not.toContain("not for training");
});

const hostile = `</title><script>alert(1)</script><img src=x onerror="alert(2)">'&amp;\u001b[31m\u009b\u202eevil\u2066`;

test("names from repositories and models are text, never markup, whatever they hold", async () => {
  const page = await reportPage(
    {
      ...summary,
      teacher: hostile,
      tool: hostile,
      repositories: [{ name: hostile, commits: [hostile], heldOut: 1, totalCommits: 2, rule: hostile }],
      stages: [{ stage: hostile, done: 1, passed: 1, means: hostile }],
      reasons: [{ reason: hostile, count: 1 }],
      exits: { [hostile]: 1 },
      callFailures: { [hostile]: 1 },
    },
    hostile,
  );
  const clean = await reportPage(
    { ...summary, repositories: [], stages: [summary.stages[0] ?? never()], reasons: [], exits: {}, callFailures: {} },
    "run",
  );
  expect(page).not.toMatch(/<script|<img|onerror="/);
  expect(page.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  const tags = (html: string): Set<string> => new Set(html.match(/<\/?[a-z][a-z0-9]*/gi));
  for (const tag of tags(page)) expect([...tags(clean), ...tags(await reportPage(summary, "run"))]).toContain(tag);
  expect(page.split("&lt;script&gt;").length - 1).toBe(10);
});

test("escaped text shows the same characters", async () => {
  expect(escapeHtml(`<a href="x">&'`)).toBe("&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  expect(escapeHtml("\u202e")).toBe("\\u202e");
  expect(escapeHtml("漢字 ä\n")).toBe("漢字 ä\n");
});

test("an empty run is a page too", async () => {
  const lineages = { total: 0, kept: 0, rejected: 0, failed: 0, unfinished: 0 };
  const empty = {
    ...summary,
    lineages,
    stages: [],
    reasons: [],
    exits: {},
    callFailures: {},
    recallTenths: Array.from({ length: 11 }, () => 0),
    meanRecall: null,
  };
  const text = textOf(await reportPage({ ...empty, spending: { ...noSpending, costUsd: null } }, "run"));
  expect(text).toContain("Mean unknown");
  expect(text).toContain("cost unknown");
  expect(text).not.toMatch(/NaN|Infinity|null|undefined/);
});

function never(): never {
  throw new Error("the summary has a stage");
}
