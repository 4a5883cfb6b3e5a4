import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { commitMessages, firstParentHistory, resolveCommit } from "./history.ts";
import { never, plainGit, TestFolder, UserRepository } from "./temporary-repository.conformance.ts";

test("revisions are resolved; options, nonsense and files are not revisions", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  const first = user.write("a", "1").commit();
  user.git("tag", "-a", "-m", "t", "v1");
  const second = user.write("a", "2").commit();
  const repository = await user.open();
  for (const [revision, id] of [
    ["HEAD", second],
    ["v1", first],
    ["main~1", first],
    [second.slice(0, 8), second],
  ] as const) {
    expect(unwrap(await resolveCommit(repository, revision, never))).toBe(id);
  }
  for (const revision of ["--all", "-1", "", "nothing", "HEAD:a", "HEAD~9", "a b"]) {
    const refused = await resolveCommit(repository, revision, never);
    expect(refused).toMatchObject({ ok: false, error: { boundary: "repository", code: "unknown-revision" } });
  }
});

test("history follows first parents, newest first, with committer times", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  const first = user.write("a", "1").commit();
  user.git("checkout", "--quiet", "-b", "side");
  user.write("b", "1").commit();
  user.git("checkout", "--quiet", "main");
  const second = user.write("a", "2").commit();
  plainGit(user.path, ["merge", "--quiet", "--no-ff", "-m", "merge side", "side"], { GIT_COMMITTER_DATE: "1700000000 +0200" });
  const merge = user.git("rev-parse", "HEAD");
  const repository = await user.open();
  expect(unwrap(await firstParentHistory(repository, merge, never))).toEqual([
    { id: merge, committedAt: 1_700_000_000 },
    { id: second, committedAt: 1_600_000_180 },
    { id: first, committedAt: 1_600_000_060 },
  ]);
  const messages = unwrap(await commitMessages(repository, [first, merge], never));
  expect(messages.map(({ id, parents, message }) => ({ id, parents, message }))).toEqual([
    { id: first, parents: 0, message: "change" },
    { id: merge, parents: 2, message: "merge side" },
  ]);
});

test("a replaced commit and a shallow clone show what is really there", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  const ids = ["1", "2", "3", "4"].map((text) => user.write("a", text).commit());
  user.git("replace", ids[2] ?? "", ids[0] ?? "");
  const repository = await user.open();
  expect(unwrap(await firstParentHistory(repository, ids[3] ?? "", never)).map((commit) => commit.id)).toEqual(ids.toReversed());
  plainGit(folder.path, ["-c", "protocol.file.allow=always", "clone", "--quiet", "--depth=2", `file://${user.path}`, "shallow"]);
  const shallow = new UserRepository(folder.at("shallow"));
  expect(unwrap(await firstParentHistory(await shallow.open(), ids[3] ?? "", never))).toHaveLength(2);
});

test("messages keep their order and text, whatever the text", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  const texts = ['subject\n\nbody "quoted"\n\n* list\nö ✓', "--all", "commit 0123\nAuthor: x", "a\u001Fb"];
  const ids = texts.map((text) => user.commit(text));
  user.git("config", "i18n.commitEncoding", "ISO-8859-1");
  const latin = execFileSync(
    "git",
    ["-c", "i18n.commitEncoding=ISO-8859-1", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--allow-empty", "-F", "-"],
    {
      cwd: user.path,
      input: Buffer.from("caf\xe9", "latin1"),
    },
  );
  expect(latin.length).toBe(0);
  const repository = await user.open();
  const asked = [user.git("rev-parse", "HEAD"), ...ids.toReversed()];
  const messages = unwrap(await commitMessages(repository, asked, never));
  expect(messages.map((one) => one.id)).toEqual(asked);
  expect(messages.map((one) => one.message)).toEqual(["café", ...texts.toReversed()]);
  expect(unwrap(await commitMessages(repository, [], never))).toEqual([]);
  await expect(commitMessages(repository, ["--all"], never)).rejects.toThrow("not a commit id");
});

test("a long history is whole", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  const commits = Array.from(
    { length: 30_000 },
    (_, index) => `commit refs/heads/main\ncommitter a <a> ${1_500_000_000 + index} +0000\ndata 1\nx\n`,
  );
  execFileSync("git", ["fast-import", "--quiet"], { cwd: user.path, input: commits.join("") });
  const repository = await user.open();
  const head = unwrap(await resolveCommit(repository, "main", never));
  const history = unwrap(await firstParentHistory(repository, head, never));
  expect(history).toHaveLength(30_000);
  expect(history[0]).toEqual({ id: head, committedAt: 1_500_029_999 });
  expect(history.at(-1)?.committedAt).toBe(1_500_000_000);
});

test("a stopped reading is a failure, not a short history", async () => {
  using folder = new TestFolder();
  const user = new UserRepository(folder.at("user"));
  const head = user.commit();
  const repository = await user.open();
  expect(await firstParentHistory(repository, head, AbortSignal.abort())).toMatchObject({ ok: false, error: { code: "cancelled" } });
});
