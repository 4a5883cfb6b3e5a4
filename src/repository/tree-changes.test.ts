import { expect, test } from "vitest";
import { SnapshotListing } from "./snapshot-listing.ts";
import { TreeChanges } from "./tree-changes.ts";

const entry = (blob: string, mode = "100644") => ({ mode, blob });

function changesOf(...paths: string[]): TreeChanges {
  return new TreeChanges(new SnapshotListing("t", new Map(paths.map((path) => [path, entry(path)])), new Map()));
}

test("a file where a folder was takes all beneath away, the tar's own earlier entries too", () => {
  const changes = changesOf("a/b", "a/c/d", "a0", "a-b");
  changes.put("a/new/x", entry("x"));
  changes.put("a", entry("y"));
  expect(changes.all()).toEqual([
    ["a", entry("y")],
    ["a/b", null],
    ["a/c/d", null],
  ]);
});

test("a file or an empty folder beneath a file takes the file away", () => {
  const changes = changesOf("a", "b", "c");
  changes.put("a/b/c", entry("x"));
  changes.putFolder("b");
  changes.putFolder("c/d");
  expect(changes.all()).toEqual([
    ["a", null],
    ["a/b/c", entry("x")],
    ["b", null],
    ["c", null],
  ]);
});

test("what comes back as it was is no change, and what was put can be forgotten", () => {
  const changes = changesOf("a", "d/x");
  changes.remove("");
  changes.put("a", entry("a"));
  changes.put("n", entry("n"));
  expect(changes.created()).toEqual(["n"]);
  changes.forget("n");
  expect(changes.all()).toEqual([["d/x", null]]);
  expect([changes.at("a"), changes.at("d/x"), changes.at("n")]).toEqual([entry("a"), undefined, undefined]);
});

test("a listing finds what lies beneath a folder and no neighbour", () => {
  const listing = new SnapshotListing("t", new Map(["a", "a-b", "a/b", "a/b/c", "a0", "b"].map((path) => [path, entry(path)])), new Map());
  expect(listing.beneath("a")).toEqual(["a/b", "a/b/c"]);
  expect(listing.beneath("a/b")).toEqual(["a/b/c"]);
  expect(listing.beneath("c")).toEqual([]);
  expect(listing.beneath("")).toHaveLength(6);
});
