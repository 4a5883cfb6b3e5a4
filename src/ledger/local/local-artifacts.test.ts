import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256Hex } from "../../base/hash.ts";
import { createScrubber } from "../../base/secret.ts";
import type { Artifacts } from "../artifacts.ts";
import { StorageError } from "../storage-error.ts";
import { openLocalArtifacts } from "./local-artifacts.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "apprentice-artifacts-"));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

async function open(write: boolean): Promise<Artifacts> {
  return await openLocalArtifacts({ folder, scrubber: createScrubber([]), write });
}

function fileOf(id: string): string {
  return join(folder, id.slice(0, 2), id);
}

describe("local artifacts", () => {
  it("name damaged bytes, and mend an artifact of the wrong size when it is put again", async () => {
    const artifacts = await open(true);
    const [changed, cut] = [await artifacts.put("changed"), await artifacts.put("cut short")];
    await writeFile(fileOf(changed), "Changed");
    await writeFile(fileOf(cut), "cut");
    expect(await artifacts.check()).toEqual(
      [changed, cut].toSorted((a, b) => (a < b ? -1 : 1)).map((id) => expect.stringContaining(`${id} is damaged`)),
    );
    await artifacts.put("cut short");
    expect(await artifacts.check()).toEqual([expect.stringContaining(changed)]);
  });

  it("forget what a killed process had half written, when opened for writing", async () => {
    await open(true);
    await writeFile(join(folder, "incoming", "99-1"), "half");
    const reader = await open(false);
    expect(await readdir(join(folder, "incoming"))).toEqual(["99-1"]);
    expect(await Array.fromAsync(reader.ids())).toEqual([]);
    await open(true);
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
  });

  it("leave nothing behind where a write fails, and take it later", async () => {
    const artifacts = await open(true);
    const id = sha256Hex("text");
    await rm(join(folder, id.slice(0, 2)), { recursive: true });
    await expect(artifacts.put("text")).rejects.toThrow(StorageError);
    await expect(artifacts.putFile(join(folder, "absent"))).rejects.toThrow(StorageError);
    expect(await readdir(join(folder, "incoming"))).toEqual([]);
    const again = await open(true);
    expect(await again.put("text")).toBe(id);
  });

  it("open for reading cannot be written", async () => {
    await open(true);
    const reader = await open(false);
    await expect(reader.put("text")).rejects.toThrow("reading only");
    expect(
      await Array.fromAsync((await openLocalArtifacts({ folder: join(folder, "none"), scrubber: createScrubber([]), write: false })).ids()),
    ).toEqual([]);
  });
});
