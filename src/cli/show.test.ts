import { describe, expect, test } from "vitest";
import { inventedLineage, openTemporaryRun, putLineage, putOrigin } from "../journey/stored-lineage.conformance.ts";
import { sampleId } from "./show/rollout.ts";
import { expectInOrder, firstOf, json, show } from "./show/shown-run.conformance.ts";

describe("show RUN", () => {
  test("names every lineage's last state, and its repository only where there are several", async () => {
    await using stores = await openTemporaryRun();
    const { run } = stores;
    await putOrigin(run);
    const [one, other] = [inventedLineage(0), { ...inventedLineage(1), snapshot: "snapshot-2" }];
    await putLineage(run, one);
    const intake = { version: 1 as const, uncommitted: 0, origin: "git" as const, leftOut: 0, folder: "", messages: [] };
    const cut = { version: 1 as const, head: "h", totalCommits: 9, heldOut: 0, newestTraining: "n", rule: "r" };
    await run.ledger.put("intake", "i1", { ...intake, repository: "library", cut, snapshots: ["snapshot-1"] });
    const single = await show(run);
    expect(single.stdout).toContain(`${one.key.slice(0, 12)}  kept        src/m0.py:1 A.work_0`);
    const snapshot = { version: 1 as const, id: "snapshot-2", sourceCommit: "decaf", commit: "c", tree: "t", bundle: "b" };
    await run.ledger.put("snapshot", "snapshot-2", { ...snapshot, repository: "tools" });
    await run.ledger.put("intake", "i2", { ...intake, repository: "tools", cut, snapshots: ["snapshot-2"] });
    await run.ledger.put("lineage", other.key, other);
    const several = await show(run);
    expect(several.stdout).toContain(`${one.key.slice(0, 12)}  kept        library  src/m0.py:1 A.work_0`);
    expect(several.stdout).toContain(`${other.key.slice(0, 12)}  unfinished  tools    src/m1.py:1 A.work_1`);
    expect(several.stdout).toContain("  tools    at decaf");
    expect(await json(run)).toMatchObject({
      lineages: { total: 2, kept: 1, unfinished: 1 },
      lineageList: expect.arrayContaining([
        { key: other.key, state: "unfinished", repository: "tools", commit: "decaf", site: other.site },
      ]),
    });
  });

  test("keeps the list in its columns: a tab is shown as two characters, a long path loses its middle", async () => {
    await using stores = await openTemporaryRun();
    const { run } = stores;
    const lineage = inventedLineage(0);
    const path = `a\tb/${"folder/".repeat(40)}end.py`;
    await run.ledger.put("lineage", lineage.key, { ...lineage, site: { ...lineage.site, path } });
    const line = (await show(run)).stdout.split("\n").find((text) => text.includes(lineage.key.slice(0, 12))) ?? "";
    expect(line).toMatch(/ {2}a\\tb\/folder\/[a-z/]+…[a-z/]+\/end\.py:1 A\.work_0$/);
    expect(line.length).toBeLessThan(110);
  });
});

describe("show RUN ID", () => {
  test("finds by how an id begins and by function, and nothing by less", async () => {
    await using stores = await openTemporaryRun();
    const { run } = stores;
    await putOrigin(run);
    const [one, other] = [inventedLineage(0), inventedLineage(1)];
    await putLineage(run, one);
    await putLineage(run, other);
    for (const written of [one.key.slice(0, 4), "A.work_0", "src/m0.py:A.work_0", "src/m0.py:1", "work_0", "src/m0.py"])
      expect(await json(run, written), written).toMatchObject({ lineage: { key: one.key } });
    const [short, near, far] = await Promise.all([show(run, one.key.slice(0, 3)), show(run, "A.wrok_1"), show(run, "zzzzzzzz")]);
    expect([short.status, near.status, far.status]).toEqual([2, 2, 2]);
    expect(short.stderr).toMatch(/at least 4 characters/);
    expect(near.stderr).toMatch(/did you mean "A\.work_1"\? `[^`]*apprentice show RUN` lists/);
    expect(far.stderr).toMatch(/^Nothing in this run .*"zzzzzzzz".*lists its lineages\.\n$/);
  });

  test("lists the candidates where there are several, and prints no result", async () => {
    await using stores = await openTemporaryRun();
    const { run } = stores;
    const [one, other] = [inventedLineage(0), inventedLineage(1)];
    const site = { ...other.site, qualifiedName: one.site.qualifiedName };
    await run.ledger.put("lineage", one.key, one);
    await run.ledger.put("lineage", other.key, { ...other, site });
    const { status, stdout, stderr } = await show(run, "A.work_0", "--json");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(`${one.key.slice(0, 16)}  lineage    src/m0.py:1 A.work_0\n`);
    expect(stderr).toContain(`${other.key.slice(0, 16)}  lineage    src/m1.py:1 A.work_0\n`);
    const precise = await json(run, "src/m1.py:A.work_0");
    expect(precise).toMatchObject({ lineage: { key: other.key } });
  });

  test("prints every kind of record as one object, and a sample by where it comes from", async () => {
    await using stores = await openTemporaryRun();
    const { run } = stores;
    await putOrigin(run);
    const lineage = inventedLineage(0);
    await putLineage(run, lineage, { recall: 0.5 });
    const first = await firstOf(run, lineage);
    for (const kind of ["run", "snapshot", "rollout", "self-check", "pull-request", "verification"] as const) {
      for await (const { key, record } of run.ledger.list(kind)) {
        expect(await json(run, key), kind).toEqual(record);
        const page = await show(run, key);
        expect([page.status, page.stderr, page.stdout.includes(key)], kind).toEqual([0, "", true]);
      }
    }
    const id = sampleId(first.key);
    expect(await json(run, id.slice(0, 10))).toEqual({
      id,
      kind: "t1",
      lineage: lineage.key,
      rollout: first.key,
      repository: "library",
      commit: "c0ffee",
      path: "src/m0.py",
      qualifiedName: "A.work_0",
      language: "python",
      startLine: 1,
      endLine: 9,
      recall: 0.5,
      state: "kept",
      flags: [],
    });
    const page = await show(run, id);
    expectInOrder(page.stdout, [`Sample ${id} · T1`, "0.5000", "A.work_0", "src/m0.py", "c0ffee", "Turn 2"]);
  });
});
