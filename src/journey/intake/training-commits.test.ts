import { beforeAll, expect, test, afterAll } from "vitest";
import { unwrap } from "../../base/result.ts";
import { RepositoryConfig } from "../../repository/repository-config.ts";
import { never, plainGit, TestFolder, UserRepository } from "../../repository/temporary-repository.conformance.ts";
import { folderOf } from "./intake.ts";
import { trainingCommits } from "./training-commits.ts";

const folder = new TestFolder();
afterAll(() => folder[Symbol.dispose]());

/** Twenty commits a minute apart, of which two are held out; and one on a branch that left before them. */
const ids: string[] = [];
let user: UserRepository;
beforeAll(() => {
  user = new UserRepository(folder.at("shop"));
  for (let number = 0; number < 20; number++) ids.push(user.write("a.py", `x = ${number}\n`).commit(`commit ${number}`));
  user.git("tag", "v1", ids[5] ?? "");
  user.git("checkout", "--quiet", "-b", "side", ids[10] ?? "");
  ids.push(user.write("b.py", "y = 1\n").commit("beside"));
  user.git("checkout", "--quiet", "main");
});

async function choose(config: Partial<RepositoryConfig>) {
  const repository = await user.open();
  return await trainingCommits(repository, RepositoryConfig.parse({ path: user.path, ...config }), never);
}

async function chosen(config: Partial<RepositoryConfig>): Promise<(string | number)[]> {
  return unwrap(await choose(config)).chosen.map(({ id }) => ids.indexOf(id));
}

test("a number of commits is spread over a span before the cut, from its oldest to its newest", async () => {
  expect(await chosen({})).toEqual([17]);
  expect(await chosen({ commits: 3 })).toEqual([0, 9, 17]);
  expect(await chosen({ commits: 99 })).toHaveLength(18);
  expect(await chosen({ commits: 2, holdOut: "none" })).toEqual([0, 19]);
});

test("the span is counted back from the newest training commit", async () => {
  const old = new UserRepository(folder.at("old"));
  const days = [0, 100, 200, 290, 300].map((day) => {
    const date = `${1_600_000_000 + day * 86_400} +0000`;
    old.write("a.py", `x = ${day}\n`).git("add", "--all");
    plainGit(old.path, ["commit", "--quiet", "-m", "x"], { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date });
    return old.git("rev-parse", "HEAD");
  });
  const spread = async (spanDays: number) => {
    const config = RepositoryConfig.parse({ path: old.path, commits: 2, spanDays });
    return unwrap(await trainingCommits(await old.open(), config, never)).chosen.map(({ id }) => days.indexOf(id));
  };
  expect([await spread(1), await spread(10), await spread(150), await spread(365)]).toEqual([[4], [3, 4], [2, 4], [0, 4]]);
});

test("commits by name come oldest first and once; one beside the cut's line is taken", async () => {
  expect(await chosen({ commits: [ids[9] ?? "", "v1", "HEAD~10", "side"] })).toEqual([5, 9, 20]);
});

test("a commit that holds what is held out is refused by its name, and so is one that is not there", async () => {
  expect(await choose({ commits: ["HEAD~1"] })).toMatchObject({
    ok: false,
    error: { code: "commit-held-out", message: expect.stringMatching(/HEAD~1 holds some of the newest 2 commits/) },
  });
  expect(await chosen({ commits: ["HEAD"], holdOut: "none" })).toEqual([19]);
  expect(await choose({ commits: ["v9"] })).toMatchObject({ ok: false, error: { code: "unknown-revision" } });
});

test.each([
  ["", null, ""],
  ["src/api", null, "src/api"],
  ["", "packages/api/", "packages/api"],
  ["packages", "./api", "packages/api"],
  ["packages", "../docs", "docs"],
  ["", "..", null],
  ["a", "../../b", null],
])("within %j, the folder %j is %j", (within, named, expected) => {
  expect(folderOf(within, named)).toBe(expected);
});
