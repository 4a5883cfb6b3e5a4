import { expect, test } from "vitest";
import { applyPatch } from "./apply-patch.ts";
import { contentsOf, never, snapshotOf, TestFolder, UserRepository } from "./temporary-repository.conformance.ts";

async function setting(folder: TestFolder) {
  const user = new UserRepository(folder.at("user"));
  user.write("a", "one\ntwo\nthree\n").commit();
  const snapshot = await snapshotOf(folder, user);
  const apply = (patch: string) => applyPatch({ ...snapshot, patch: Buffer.from(patch), scratch: folder.scratch }, never);
  return { user, snapshot, apply };
}

test("a patch gives the tree that a commit of it has, and leaves the snapshot as it is", async () => {
  using folder = new TestFolder();
  const { user, snapshot, apply } = await setting(folder);
  user.write("a", "one\n2\nthree\n").write("b", "b").commit();
  const before = contentsOf(snapshot.gitDir);
  const applied = await apply(`${user.git("diff", "HEAD~1", "HEAD")}\n`);
  expect(applied).toEqual({ ok: true, value: user.git("rev-parse", "HEAD^{tree}") });
  expect(contentsOf(snapshot.gitDir)).toEqual(before);
});

test("an empty patch is the snapshot", async () => {
  using folder = new TestFolder();
  const { snapshot, apply } = await setting(folder);
  expect(await apply("")).toEqual({ ok: true, value: snapshot.tree });
});

test("a patch that does not fit, is no patch, or leads outside is refused whole", async () => {
  using folder = new TestFolder();
  const { apply } = await setting(folder);
  const good = "diff --git a/b b/b\nnew file mode 100644\n--- /dev/null\n+++ b/b\n@@ -0,0 +1 @@\n+b\n";
  const misfit = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n one\n-zwei\n+2\n three\n";
  const outside = good.replaceAll("b/b", "b/../../b");
  const inGit = good.replaceAll("b/b", "b/.git/config");
  for (const patch of [misfit, good + misfit, "no patch at all\n", outside, inGit]) {
    expect(await apply(patch)).toMatchObject({
      ok: false,
      error: { boundary: "repository", code: "patch-does-not-apply", retryable: false },
    });
  }
});
