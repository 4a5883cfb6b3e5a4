import { expect, test } from "vitest";
import { sameObservation } from "./noise.ts";

const same: readonly [string, string, string][] = [
  ["equal text", "ok\n", "ok\n"],
  ["ISO times", "at 2025-01-06T09:00:00.123Z done", "at 2026-11-30 23:59:59,9+01:00 done"],
  ["git log's date", "Date:   Mon Jan 6 09:00:00 2025 +0000", "Date:   Tue Feb 17 10:11:12 2026 +0000"],
  ["ls's dates", "-rw-r--r-- 1 a a 5 Jan  6 09:00 f", "-rw-r--r-- 1 a a 5 Feb 17 10:11 f"],
  ["ls's dates of another year", "-rw-r--r-- 1 a a 5 Jan  6  2024 f", "-rw-r--r-- 1 a a 5 Dec 31  2025 f"],
  ["durations", "3 passed in 0.12s", "3 passed in 1.5s"],
  ["a shell's time", "real\t0m0.012s", "real\t1m10.500s"],
  ["addresses of objects", "<A object at 0x7f12ab34cd56>", "<A object at 0x7fffffff0010>"],
  ["temporary names", "wrote /tmp/build.a1/x and tmpab12cd_9", "wrote /tmp/build.b2/x and tmp99zz88xx"],
  ["process numbers", "[1] 4242 started, pid=17", "[1] 5151 started, pid=33300"],
  ["free ports", "listening on 127.0.0.1:34567", "listening on 127.0.0.1:40001"],
  ["a commit's hash", "[main 1a2b3c4] Fix\n 1 file changed", "[main 9f8e7d6] Fix\n 1 file changed"],
  ["a commit in the log", `commit ${"a1".repeat(20)} (HEAD -> main)`, `commit ${"b2".repeat(20)} (HEAD -> main)`],
  ["a dropped stash", `Dropped refs/stash@{0} (${"a1".repeat(20)})`, `Dropped refs/stash@{0} (${"b2".repeat(20)})`],
];

test.each(same)("%s: the same was said", (_, first, second) => {
  expect(sameObservation(first, second)).toBe(true);
});

const different: readonly [string, string, string][] = [
  ["a result", "3 passed in 0.12s", "2 passed, 1 failed in 0.12s"],
  ["a line number", "a.py:12: error", "a.py:13: error"],
  ["a size", "-rw-r--r-- 1 a a 5 Jan  6 09:00 f", "-rw-r--r-- 1 a a 6 Jan  6 09:00 f"],
  ["a version", "version 1.2.3", "version 1.2.4"],
  ["a short hex value", "colour 0xff", "colour 0xfe"],
  ["a hash of content", `${"a1".repeat(20)}  file`, `${"b2".repeat(20)}  file`],
  ["an amount", "total 10", "total 12"],
  ["white space", "a b", "a  b"],
  ["a commit's subject", "[main 1a2b3c4] Fix", "[main 1a2b3c4] Mend"],
  ["more output", "ok\n", "ok\nwarning\n"],
];

test.each(different)("%s: something else was said", (_, first, second) => {
  expect(sameObservation(first, second)).toBe(false);
});

test("long lines are compared in no time worth naming", () => {
  const hostile = ["Mon ".repeat(25_000), "0".repeat(100_000), "tmp".repeat(33_000), "[a".repeat(50_000), "12:".repeat(33_000)];
  for (const text of hostile) expect(sameObservation(`${text}x`, `${text}y`)).toBe(false);
});
