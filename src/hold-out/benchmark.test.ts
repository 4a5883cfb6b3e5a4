import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { parsePatch } from "../patch/parse-patch.ts";
import { inventedSample } from "../records/invented-sample.conformance.ts";
import { Decontamination, type OverlapRules } from "./benchmark.ts";
import { benchmarkTask, type BenchmarkTask } from "./benchmark-row.ts";
import { overlapMarkdown, overlapReport } from "./overlap-report.ts";

const statement =
  "Model forms that use a nullable field lose the value of their second column when the page is saved twice in a row by two different users.";
const fixed = [
  "    if value is None and not self.required and self.column.default is not None:",
  "        return self.column.default_for(value, user, page, row)",
];
const diff = (lines: readonly string[], path = "x/forms.py"): string =>
  `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,1 +1,${lines.length + 1} @@\n context of the file\n${lines.map((line) => `+${line}\n`).join("")}`;

function task(row: object): BenchmarkTask {
  const found = benchmarkTask(row, 1);
  if (found === null) throw new Error("no task");
  return found;
}
const django = task({
  instance_id: "django__django-1",
  repo: "django/django",
  base_commit: "ABC123",
  problem_statement: statement,
  patch: diff(fixed),
});
const flask = task({
  instance_id: "pallets__flask-2",
  repo: "pallets/flask",
  base_commit: "def456",
  problem_statement: "Something is wrong.",
});

const all: OverlapRules = { repository: true, commit: true, words: 13, shared: 1 };

function judge(
  rules: Partial<OverlapRules>,
  { user = "Fix it.", repository = "library", commit = "c0ffee", patch = null as string | null } = {},
) {
  const watch = new Decontamination({ sha256: "5", tasks: [django, flask], unread: 0 }, { ...all, ...rules });
  const sample = inventedSample([
    { role: "system", content: "s" },
    { role: "user", content: user },
  ]);
  const judged = { ...sample, provenance: { ...sample.provenance, repository, commit } };
  watch.overlapsWith({ sample: judged, patch: patch === null ? null : unwrap(parsePatch(patch)) });
  return watch.overlaps[0] ?? null;
}

test("what shares nothing does not overlap", () => {
  expect(judge({})).toBeNull();
  expect(judge({}, { patch: diff(["some other line"]) })).toBeNull();
});

test("the very commit overlaps, in whatever case, and only where it is asked for", () => {
  expect(judge({ repository: false }, { commit: "abc123" })).toMatchObject({ task: "django__django-1", rules: ["commit"] });
  expect(judge({ commit: false }, { commit: "abc123" })).toBeNull();
});

const names: readonly (readonly [string, string | null])[] = [
  ["django", "django__django-1"],
  ["django/django", "django__django-1"],
  ["Django__Django", "django__django-1"],
  ["https://github.com/django/django.git", "django__django-1"],
  ["git@github.com:pallets/flask.git", "pallets__flask-2"],
  ["somebody/django", null],
  ["django-rest", null],
  ["", null],
];

test.each(names)("a sample of %j is of the repository of %s", (repository, expected) => {
  expect(judge({}, { repository })?.task ?? null).toBe(expected);
  expect(judge({ repository: false }, { repository })).toBeNull();
});

test("thirteen words in a row of the statement overlap, twelve do not, layout and case do not count", () => {
  const words = statement.split(" ");
  const retold = (count: number): string =>
    `I found this:\n${words
      .slice(3, 3 + count)
      .join("\n  ")
      .toUpperCase()}!`;
  expect(judge({}, { user: retold(13) })).toMatchObject({ rules: ["statement"], statementRuns: 1, patchRuns: 0 });
  expect(judge({}, { user: retold(15) })).toMatchObject({ statementRuns: 3 });
  expect(judge({}, { user: retold(12) })).toBeNull();
  expect(judge({ shared: 4 }, { user: retold(15) })).toBeNull();
  expect(judge({ words: 5, shared: 1 }, { user: retold(5) })).toMatchObject({ statementRuns: 1 });
  expect(judge({ shared: null }, { user: statement })).toBeNull();
});

test("lines of the patch overlap wherever they were put", () => {
  expect(judge({}, { patch: diff([...fixed, "x = 1"], "other/place.py") })).toMatchObject({ rules: ["patch"], task: "django__django-1" });
  const context = diff(["y = 2"]).replace("context of the file", fixed.join(" "));
  expect(judge({}, { patch: context })).toBeNull();
});

test("the report counts by rule, and holds ids and counts but no text", () => {
  const watch = new Decontamination({ sha256: "5eed", tasks: [django, flask], unread: 3 }, all);
  const sample = inventedSample([{ role: "user", content: statement }], { id: "sample-1" });
  watch.overlapsWith({ sample, patch: unwrap(parsePatch(diff(fixed))) });
  watch.overlapsWith({ sample: inventedSample([{ role: "user", content: "Fix it." }]), patch: null });
  const evil = { ...sample, id: "sample-2", provenance: { ...sample.provenance, repository: "flask | `x` \u001b[31m\n<b>" } };
  watch.overlapsWith({ sample: evil, patch: null });
  const report = overlapReport(watch);
  expect(report).toMatchObject({ judged: 3, leftOut: 2, byRule: { statement: 2, patch: 1, commit: 0, repository: 0 } });
  const markdown = overlapMarkdown(report);
  expect(markdown).toContain("Of 3 samples that were compared, 2 overlap and were left out.");
  expect(markdown).toContain("| sample-1 | library | django__django-1 | statement, patch |");
  expect(markdown).not.toContain("\u001b");
  expect(markdown).toContain("flask \\| \\`x\\`");
  for (const text of [markdown, JSON.stringify(report)]) {
    expect(text).not.toContain("nullable");
    expect(text).not.toContain("default_for");
  }
});

test("a row without anything to compare by is none", () => {
  for (const row of [{}, { instance_id: "x" }, null, 3, "x", { repo: 5 }, { patch: " " }]) expect(benchmarkTask(row, 1)).toBeNull();
  expect(benchmarkTask({ problem_statement: "x" }, 7)?.id).toBe("row 7");
});
