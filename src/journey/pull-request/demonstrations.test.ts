import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { demonstrationsFromHistory, drawDemonstration, builtInDemonstrations, readDemonstrations } from "./demonstrations.ts";

test("twenty or more texts of our own, of very different length, that name no function as hints do", () => {
  const demonstrations = builtInDemonstrations();
  expect(demonstrations.length).toBeGreaterThanOrEqual(20);
  expect(new Set(demonstrations.map(({ id }) => id)).size).toBe(demonstrations.length);
  const lengths = demonstrations.map(({ text }) => text.length).sort((a, b) => a - b);
  expect(lengths[0]).toBeLessThan(200);
  expect(lengths.at(-1)).toBeGreaterThan(1200);
  for (const { text } of demonstrations) expect(text).not.toMatch(/`[^`\n]+` in `[^`\n]+`|<\/?pull_request>/);
});

test("none is about a project of SWE-bench", () => {
  const projects = /\b(django|sympy|sphinx|matplotlib|scikit|sklearn|astropy|xarray|pytest|pylint|requests|seaborn|flask|numpy|pandas)\b/i;
  for (const { text } of builtInDemonstrations()) expect(text).not.toMatch(projects);
});

test("draws by key alone, and reaches all", () => {
  const list = builtInDemonstrations();
  expect(drawDemonstration(list, { seed: 3, key: "a" })).toBe(drawDemonstration(list, { seed: 3, key: "a" }));
  const drawn = Array.from({ length: 500 }, (_, index) => drawDemonstration(list, { seed: 3, key: `k${index}` }).id);
  expect(new Set(drawn).size).toBe(list.length);
  expect(() => drawDemonstration([], { seed: 3, key: "a" })).toThrow(/empty/);
});

describe("a user's file", () => {
  let folder = "";
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "demonstrations-"))));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const read = async (content: string) => {
    const path = join(folder, "issues.json");
    await writeFile(path, content);
    return readDemonstrations(path);
  };

  test("a list of texts and objects; an id of the content where none is given", async () => {
    const list = unwrap(await read(JSON.stringify(["one", { id: 7, text: " two " }, { text: "three", title: "t" }])));
    expect(list.map(({ text }) => text)).toEqual(["one", "two", "three"]);
    expect(list[1]?.id).toBe("7");
    expect(unwrap(await read(JSON.stringify(["three", "one"]))).map(({ id }) => id)).toEqual([list[2]?.id, list[0]?.id]);
  });

  test("JSONL", async () => {
    expect(unwrap(await read('{"id":"a","text":"one"}\n\n"two"\n')).map(({ text }) => text)).toEqual(["one", "two"]);
  });

  test.each([
    ["[1]", "entry 1 should be a text"],
    ["[", "not valid JSON"],
    ['{"a":1}', "line 1 should be a text"],
    ['"one"\nnonsense', "line 2 is not valid JSON"],
    ["", "holds no text"],
    ["[]", "holds no text"],
    ['["  "]', "entry 1 has an empty text"],
    ['[{"id":"a","text":"x"},{"id":"a","text":"y"}]', 'entry 2 has the id "a"'],
  ])("refuses %j in one sentence", async (content, why) => {
    expect(await read(content)).toMatchObject({ ok: false, error: { code: "demonstrations-unusable", wholeRun: true } });
    const message = expect.stringMatching(new RegExp(`issues\\.json cannot be used: .*${RegExp.escape(why)}`));
    expect(await read(content)).toMatchObject({ error: { message } });
  });

  test("a file that is not there", async () => {
    expect(await readDemonstrations(join(folder, "absent.json"))).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("ENOENT") },
    });
  });
});

test("history gives messages with substance, without trailers, merges, bumps and doubles", () => {
  const body =
    "The cache kept entries of a closed store, so that a store opened later under the same name answered with what the first one had seen. ".repeat(
      2,
    );
  const messages = [
    {
      id: "1",
      text: `Forget a store when it is closed\n\n${body}\n\nSigned-off-by: A <a@example.com>\nCo-Authored-By: B <b@example.com>\n`,
    },
    { id: "2", text: "Fix typo" },
    { id: "3", text: `Merge branch 'x'\n\n${body}` },
    { id: "4", text: `Bump left-pad from 1 to 2\n\n${body}` },
    { id: "5", text: `Forget a store when it is closed\r\n\r\n${body}` },
    { id: "6", text: `Long\n\n${body.repeat(60)}` },
    { id: "7", text: body.trim() },
  ];
  const found = demonstrationsFromHistory(messages);
  expect(found.map(({ id }) => id)).toEqual(["1"]);
  expect(found[0]?.text).toBe(`Forget a store when it is closed\n\n${body.trim()}`);
});
