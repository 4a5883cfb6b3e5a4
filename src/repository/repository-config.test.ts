import { expect, test } from "vitest";
import { RepositoryConfig } from "./repository-config.ts";

test("a path is enough, and the rest has its default", () => {
  expect(RepositoryConfig.parse({ path: "." })).toEqual({
    path: ".",
    folder: null,
    commit: null,
    commits: 1,
    spanDays: 365,
    include: [],
    exclude: [],
    holdOut: null,
    demonstrations: null,
  });
});

test("unknown keys and impossible values are refused", () => {
  for (const wrong of [
    {},
    { path: "" },
    { path: ".", brnch: "x" },
    { path: ".", commits: 0 },
    { path: ".", commits: [] },
    { path: ".", spanDays: 0 },
    { path: ".", holdOut: -1 },
    { path: ".", holdOut: "some" },
  ]) {
    expect(RepositoryConfig.safeParse(wrong).success).toBe(false);
  }
  expect(RepositoryConfig.parse({ path: ".", holdOut: "none" }).holdOut).toBe("none");
});

test("every setting says what it is", () => {
  for (const [key, schema] of Object.entries(RepositoryConfig.shape))
    expect([key, schema.description]).toEqual([key, expect.stringMatching(/\.$/)]);
});
