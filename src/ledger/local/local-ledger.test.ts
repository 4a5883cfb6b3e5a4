import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createScrubber } from "../../base/secret.ts";
import { skippedIf } from "../../base/skipped-if.conformance.ts";
import { whyNoMount } from "../../base/why-no-mount.conformance.ts";
import { StorageError } from "../storage-error.ts";
import { openLedgerFile } from "./ledger-file.ts";
import { openLocalLedger } from "./local-ledger.ts";

const scrubber = createScrubber([]);
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "apprentice-ledger-"));
  path = join(folder, "ledger.sqlite");
});
afterEach(async () => await rm(folder, { recursive: true }));

const record = { version: 1, tool: "t", identity: {}, identityHash: "h" } as const;

/** The code of the StorageError that an action throws. */
function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof StorageError) return error.failure.code;
    throw error;
  }
  return "none";
}

function change(sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

describe("the version of a ledger", () => {
  it("that is newer is refused, for reading and writing, and left as it is", async () => {
    await openLocalLedger({ path, scrubber, write: true })[Symbol.asyncDispose]();
    change("PRAGMA user_version = 99");
    for (const write of [true, false]) {
      expect(codeOf(() => openLocalLedger({ path, scrubber, write }))).toBe("ledger-newer");
    }
    change("PRAGMA user_version = 1");
    await using ledger = openLocalLedger({ path, scrubber, write: false });
    expect(await ledger.count("run")).toBe(0);
  });

  it("that is older is brought forward by a writer and refused to a reader", () => {
    const first = ["CREATE TABLE record (id INTEGER PRIMARY KEY) STRICT;"];
    const both = [...first, "ALTER TABLE record ADD COLUMN kind TEXT; CREATE TABLE extra (id INTEGER) STRICT;"];
    openLedgerFile({ path, write: true, migrations: first }).close();
    change("INSERT INTO record VALUES (7)");
    expect(codeOf(() => openLedgerFile({ path, write: false, migrations: both }))).toBe("ledger-older");
    using database = openLedgerFile({ path, write: true, migrations: both });
    expect(database.prepare("SELECT id, kind FROM record").all()).toEqual([{ id: 7, kind: null }]);
    expect(database.prepare("PRAGMA user_version").get()).toEqual({ user_version: 2 });
  });

  it("stays where a step forward fails", () => {
    const first = ["CREATE TABLE record (id INTEGER PRIMARY KEY) STRICT;"];
    openLedgerFile({ path, write: true, migrations: first }).close();
    expect(() => openLedgerFile({ path, write: true, migrations: [...first, "CREATE TABLE extra (id); nonsense;"] })).toThrow("nonsense");
    using database = openLedgerFile({ path, write: false, migrations: first });
    expect(database.prepare("SELECT name FROM sqlite_schema").all()).toEqual([{ name: "record" }]);
  });

  it("cannot be that of another program's database", () => {
    change("CREATE TABLE theirs (id)");
    expect(codeOf(() => openLocalLedger({ path, scrubber, write: true }))).toBe("ledger-foreign");
    expect(codeOf(() => openLocalLedger({ path, scrubber, write: false }))).toBe("ledger-foreign");
  });

  it("is missing where a run was killed while it was made", async () => {
    change("PRAGMA user_version = 0");
    await openLocalLedger({ path, scrubber, write: true })[Symbol.asyncDispose]();
    await rm(path);
    new DatabaseSync(path).close();
    expect(codeOf(() => openLocalLedger({ path, scrubber, write: false }))).toBe("ledger-unfinished");
    await using ledger = openLocalLedger({ path, scrubber, write: true });
    expect(await ledger.check()).toEqual([]);
  });
});

describe("a ledger file", () => {
  it("that is missing or damaged is trouble of storage", async () => {
    expect(codeOf(() => openLocalLedger({ path, scrubber, write: false }))).toBe("storage-failed");
    expect(codeOf(() => openLocalLedger({ path: join(folder, "none", "l"), scrubber, write: true }))).toBe("storage-failed");
    expect(await readdir(folder)).toEqual([]);
  });

  it("that was only read has no other files beside it, and takes none from a writer", async () => {
    {
      await using ledger = openLocalLedger({ path, scrubber, write: true });
      await ledger.put("run", "a", record);
    }
    const readKeys = async (): Promise<string[]> => {
      await using reader = openLocalLedger({ path, scrubber, write: false });
      return await Array.fromAsync(reader.keys("run"));
    };
    expect(await readKeys()).toEqual(["a"]);
    expect(await readdir(folder)).toEqual(["ledger.sqlite"]);
    await using writer = openLocalLedger({ path, scrubber, write: true });
    await writer.put("run", "b", record);
    expect(await readKeys()).toEqual(["a", "b"]);
    await writer.put("run", "c", record);
    expect(await Array.fromAsync(writer.keys("run"))).toEqual(["a", "b", "c"]);
  });

  it("names records that are not JSON or of no known kind", async () => {
    {
      await using ledger = openLocalLedger({ path, scrubber, write: true });
      await ledger.put("run", "a", record);
    }
    change("INSERT INTO record (kind, key, body) VALUES ('run', 'b', '{'), ('riddle', 'c', '{}')");
    await using ledger = openLocalLedger({ path, scrubber, write: false });
    expect(await ledger.check()).toEqual(['ledger: records of an unknown kind "riddle"', "ledger: run b is not JSON"]);
  });

  it("that refuses a transaction loses the whole of it and goes on after", async () => {
    await using ledger = openLocalLedger({ path, scrubber, write: true });
    await ledger.put("run", "a", record);
    using other = new DatabaseSync(path);
    // The third row of the next transaction fails after two were written.
    other.exec("CREATE TRIGGER broken BEFORE INSERT ON record WHEN NEW.key = 'd' BEGIN SELECT RAISE(ROLLBACK, 'planted'); END");
    const puts = ["b", "c", "d", "e"].map(async (key) => await ledger.put("run", key, record));
    expect((await Promise.allSettled(puts)).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "rejected"]);
    expect(await Array.fromAsync(ledger.keys("run"))).toEqual(["a"]);
    await ledger.put("run", "f", record);
    expect(await Array.fromAsync(ledger.keys("run"))).toEqual(["a", "f"]);
  });

  it("on a read-only file system can be read", skippedIf(whyNoMount("-rm")), async () => {
    {
      await using ledger = openLocalLedger({ path, scrubber, write: true });
      await ledger.put("run", "a", record);
    }
    const code = `const { openLocalLedger } = await import(${JSON.stringify(join(import.meta.dirname, "local-ledger.ts"))});
      console.log(await openLocalLedger({ path: ${JSON.stringify(path)}, scrubber: { text: (t) => t }, write: false }).count("run"))`;
    const mount = `mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$1" --input-type=module -e "$2"`;
    const child = spawnSync("unshare", ["-rm", "sh", "-c", mount, folder, process.execPath, code], { encoding: "utf8" });
    expect(`${child.stdout}${child.stderr}`).toBe("1\n");
  });
});
