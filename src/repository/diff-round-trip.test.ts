import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { applyPatch } from "./apply-patch.ts";
import { diffTree } from "./diff-tree.ts";
import {
  contentsOf,
  never,
  snapshotOf,
  tarOf,
  TestFolder,
  treeByGit,
  UserRepository,
  workspaceOf,
} from "./temporary-repository.conformance.ts";

const names = [
  "a",
  "b",
  "dir",
  "dir/x",
  "dir/y",
  "dir/deep/z",
  "build/o",
  'q "n\n',
  "ü",
  "-d",
  "k.log",
  ".gitignore",
  "dir/.gitignore",
  "run",
];
const path = fc.constantFrom(...names);
const content = fc.oneof(
  fc.constantFrom("", "x", "x\n", "one\ntwo\nthree\n", "one\n2\nthree\n", "a\r\nb\r\n", "*.log\nbuild/\n", "!k.log\nx\n", "/dir\n", "*\n"),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  fc.array(fc.constantFrom("a", "b", "c", "d", ""), { maxLength: 40 }).map((lines) => lines.join("\n")),
);
const edit = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("write" as const), path, content, program: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("link" as const), path, target: path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("move" as const), path, to: path }) },
);
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never;

function kindAt(place: string): "folder" | "other" | null {
  try {
    return lstatSync(place).isDirectory() ? "folder" : "other";
  } catch {
    return null;
  }
}

/** Whether one of the paths lies in the other. */
function nested(one: string, other: string): boolean {
  return `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);
}

/** Makes room for a path as an agent would: what stands in the way goes. */
function clear(root: string, target: string): string {
  const place = join(root, target);
  for (let parent = dirname(target); parent !== "."; parent = dirname(parent)) {
    if (kindAt(join(root, parent)) === "other") rmSync(join(root, parent));
  }
  rmSync(place, { recursive: true, force: true });
  mkdirSync(dirname(place), { recursive: true });
  return place;
}

function perform(root: string, one: Edit): void {
  if (one.kind === "link") return symlinkSync(one.target, clear(root, one.path));
  if (one.kind === "write") {
    const place = clear(root, one.path);
    writeFileSync(place, one.content, "latin1");
    return chmodSync(place, one.program ? 0o755 : 0o644);
  }
  // What is reached through a link is not the path itself.
  if (kindAt(join(root, one.path)) === null || kindAt(join(root, dirname(one.path))) !== "folder") return undefined;
  if (one.kind === "remove") return rmSync(join(root, one.path), { recursive: true });
  if (nested(one.path, one.to)) return undefined;
  renameSync(join(root, one.path), join(root, "aside"));
  return renameSync(join(root, "aside"), clear(root, one.to));
}

/** What an overlay's upper folder would tell: changed and new entries, and the topmost paths that are gone. */
function deltaOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): { deleted: string[]; paths: string[] } {
  const gone = [...before.keys()].filter((one) => !after.has(one) || (before.get(one) === "folder") !== (after.get(one) === "folder"));
  const deleted = gone.filter((one) => !gone.some((above) => one.startsWith(`${above}/`)));
  const inGone = (one: string) => deleted.some((above) => one === above || one.startsWith(`${above}/`));
  const paths = [...after].filter(([one, content]) => before.get(one) !== content || inGone(one)).map(([one]) => one);
  return { deleted: deleted.map((one) => Buffer.from(one, "latin1").toString("utf8")), paths };
}

test("whatever is done to a workspace, delta and full agree with git's own add, and the patch gives the tree", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(edit, { minLength: 1, maxLength: 8 }),
      fc.array(edit, { minLength: 1, maxLength: 8 }),
      async (first, second) => {
        using folder = new TestFolder();
        const user = new UserRepository(folder.at("user"));
        for (const one of first) perform(user.path, one);
        user.commit();
        const snapshot = await snapshotOf(folder, user);
        const work = workspaceOf(folder, snapshot);
        for (const one of second) perform(work, one);

        const { gitDir, commit } = snapshot;
        const { deleted, paths } = deltaOf(contentsOf(snapshot.folder), contentsOf(work));
        const trees = [
          { kind: "delta" as const, deleted, tar: tarOf(work, paths) },
          { kind: "full" as const, deleted: [], tar: tarOf(work) },
        ];
        const made = await Promise.all(
          trees.map(async (tree) => unwrap(await diffTree({ gitDir, commit, tree, scratch: folder.scratch }, never))),
        );
        const expected = treeByGit(work);
        expect(made.map((one) => one.finalTree)).toEqual([expected, expected]);
        expect(made[0]?.patch).toEqual(made[1]?.patch);
        const patch = made[0]?.patch ?? new Uint8Array();
        expect(unwrap(await applyPatch({ gitDir, commit, patch, scratch: folder.scratch }, never))).toBe(expected);
      },
    ),
    { numRuns: 40, seed: 20_260_601 },
  );
}, 120_000);
