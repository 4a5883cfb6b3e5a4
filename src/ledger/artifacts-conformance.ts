import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256Hex } from "../base/hash.ts";
import { createScrubber, Secret, type Scrubber } from "../base/secret.ts";
import type { Artifacts } from "./artifacts.ts";

/** One place where artifacts are kept; each `open` is a new opening of the same artifacts. */
export interface ArtifactsHarness {
  open(scrubber: Scrubber): Promise<Artifacts>;
  remove(): Promise<void>;
}

const noSecrets = createScrubber([]);

/** Declares the tests that all artifacts must pass. */
export function artifactsConformance(name: string, makeHarness: () => Promise<ArtifactsHarness>): void {
  describe(`artifacts conformance: ${name}`, () => {
    let harness: ArtifactsHarness;
    let folder: string;
    beforeEach(async () => {
      harness = await makeHarness();
      folder = await mkdtemp(join(tmpdir(), "apprentice-artifacts-"));
    });
    afterEach(async () => {
      await harness.remove();
      await rm(folder, { recursive: true });
    });

    it("names bytes by their hash and gives them back, in another opening too", async () => {
      const artifacts = await harness.open(noSecrets);
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      expect(await artifacts.put(bytes)).toBe(sha256Hex(bytes));
      const empty = await artifacts.put("");
      const again = await harness.open(noSecrets);
      expect(Uint8Array.from((await again.get(sha256Hex(bytes))) ?? [])).toEqual(bytes);
      expect((await again.get(empty))?.length).toBe(0);
    });

    it("has nothing under other ids, however they are written", async () => {
      const artifacts = await harness.open(noSecrets);
      for (const id of [sha256Hex("absent"), "", "ab", "../../../../etc/passwd", `${"a".repeat(63)}/`]) {
        expect(await artifacts.get(id)).toBeNull();
        expect(await artifacts.getFile(id, join(folder, "none"))).toBe(false);
      }
    });

    it("takes 1,000 puts at once, of which many are equal, and lists each once", async () => {
      const artifacts = await harness.open(noSecrets);
      const ids = await Promise.all(Array.from({ length: 1000 }, async (_, index) => await artifacts.put(`text ${index % 300}`)));
      const expected = [...new Set(ids)].toSorted();
      expect(expected).toHaveLength(300);
      expect(await Array.fromAsync(artifacts.ids())).toEqual(expected);
      expect(await artifacts.check()).toEqual([]);
    });

    it("stores and gives back whole files", async () => {
      const artifacts = await harness.open(noSecrets);
      const bytes = Buffer.alloc(3_333_333, "0123456789abc");
      await writeFile(join(folder, "in"), bytes);
      const id = await artifacts.putFile(join(folder, "in"));
      expect(id).toBe(sha256Hex(bytes));
      expect(await artifacts.putFile(join(folder, "in"))).toBe(id);
      expect(await artifacts.getFile(id, join(folder, "out"))).toBe(true);
      expect((await readFile(join(folder, "out"))).equals(bytes)).toBe(true);
      expect(await Array.fromAsync(artifacts.ids())).toEqual([id]);
    });

    it("scrubs text before it is hashed, and leaves bytes as they are", async () => {
      const value = 'plain"quoted\\1234567';
      const artifacts = await harness.open(createScrubber([new Secret("KEY", value), new Secret("DIGITS", "1234567")]));
      const plain = await artifacts.put(`echo ${value}`);
      expect(plain).toBe(sha256Hex("echo [env:KEY]"));
      const json = await artifacts.put(JSON.stringify({ count: 12_345_678, arguments: JSON.stringify({ header: value }) }));
      expect(JSON.parse(Buffer.from((await artifacts.get(json)) ?? []).toString())).toEqual({
        count: 12_345_678,
        arguments: '{"header":"[env:KEY]"}',
      });
      const bytes = Buffer.from(value);
      expect(await artifacts.put(bytes)).toBe(sha256Hex(bytes));
    });

    it("keeps text with lone surrogates readable and 5 MB whole", async () => {
      const artifacts = await harness.open(noSecrets);
      const long = `😀${"x".repeat(5_000_000)}`;
      expect(Buffer.from((await artifacts.get(await artifacts.put(long))) ?? []).toString() === long).toBe(true);
      expect(await artifacts.get(await artifacts.put("\ud800"))).toEqual(Buffer.from("\ufffd"));
    });
  });
}
