import { expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { type Bench, never } from "./bench.conformance.ts";
import { binary } from "./snapshot-place.conformance.ts";

export function fileCases(bench: Bench): void {
  test("bytes of every value and length go in and come out", async () => {
    await using at = await bench.open();
    const big = Buffer.alloc(1024 * 1024, binary);
    for (const bytes of [Buffer.alloc(0), Buffer.from("\n"), Buffer.from("no newline"), binary, big]) {
      expect(await at.write("/testbed/file", bytes)).toEqual({ ok: true });
      const read = await at.read("/testbed/file");
      expect(read.ok && Buffer.compare(read.bytes, bytes)).toBe(0);
    }
  });

  test("names with spaces, newlines, quotes, dashes and letters of any script", async () => {
    await using at = await bench.open();
    const names = ["with space", "new\nline", "quo'te\"s", "-rf", "$HOME", "*", "ünï 漢字", "back\\slash", "trail "];
    for (const name of names) {
      const path = `/testbed/docs/${name}`;
      expect({ path, ...(await at.write(path, name)) }).toEqual({ path, ok: true });
      expect(await at.text(path)).toBe(name);
      expect({ path, kind: unwrap(await at.sandbox.stat(path, never)) }).toEqual({ path, kind: "file" });
    }
    const list = unwrap(await at.sandbox.list("/testbed/docs", never));
    expect(list.ok && list.paths.slice(1).length).toBe(names.length + 2);
    for (const name of names) expect(list.ok && list.paths).toContain(`/testbed/docs/${name}`);
  });

  test("kinds, through links", async () => {
    await using at = await bench.open();
    await at.says("mkfifo pipe; ln -s src to-src; ln -s nowhere broken");
    const kinds = { "readme.md": "file", link: "file", src: "directory", "to-src": "directory", pipe: "other", broken: null, none: null };
    for (const [name, kind] of Object.entries(kinds)) {
      expect({ name, kind: unwrap(await at.sandbox.stat(`/testbed/${name}`, never)) }).toEqual({ name, kind });
    }
  });

  test("a listing goes two levels down, without hidden entries, in byte order", async () => {
    await using at = await bench.open();
    const list = unwrap(await at.sandbox.list("/testbed", never));
    const below = [
      "data.bin",
      "docs",
      "docs/one.md",
      "docs/two.md",
      "link",
      "moved",
      "moved/deep",
      "naïve name.txt",
      "readme.md",
      "run.sh",
    ];
    const paths = [...below, "src", "src/a.py", "src/inner"].map((path) => `/testbed/${path}`);
    expect(list).toEqual({ ok: true, paths: ["/testbed", ...paths] });
    expect(unwrap(await at.sandbox.list("/testbed/none", never))).toEqual({ ok: false, problem: "missing" });
    expect(unwrap(await at.sandbox.list("/testbed/readme.md", never))).toEqual({ ok: false, problem: "not-directory" });
  });

  test("the mode of a file stays, and links are written through", async () => {
    await using at = await bench.open();
    await at.write("/testbed/run.sh", "#!/bin/sh\necho changed\n");
    await at.write("/testbed/link", "by the link\n");
    expect(await at.says("./run.sh; cat readme.md; test -L link && echo a link")).toBe("changed\nby the link\na link\n");
  });

  test("problems are values, and the channel stays whole after each", async () => {
    await using at = await bench.open();
    const bytes = Buffer.alloc(300_000, 1);
    expect(await at.read("/testbed/none")).toEqual({ ok: false, problem: "missing" });
    expect(await at.read("/testbed/src")).toEqual({ ok: false, problem: "is-directory" });
    expect(await at.read("/testbed/readme.md/x")).toEqual({ ok: false, problem: "not-directory" });
    expect(await at.read("/testbed/data.bin", 1023)).toEqual({ ok: false, problem: "too-large" });
    expect(await at.read("/testbed/data.bin", 1024)).toMatchObject({ ok: true });
    expect(await at.write("/testbed/src", bytes)).toEqual({ ok: false, problem: "is-directory" });
    expect(await at.write("/testbed/none/x", bytes)).toEqual({ ok: false, problem: "missing" });
    expect(await at.write("/testbed/readme.md/x", bytes)).toEqual({ ok: false, problem: "not-directory" });
    expect(await at.write("/testbed/ok", bytes)).toEqual({ ok: true });
    expect(await at.text("/testbed/src/a.py")).toBe("this is src/a.py\n");
  });

  test("bytes that could not be written are not taken for anything else", async () => {
    await using at = await bench.open();
    const bytes = "\ntouch /testbed/injected\n".repeat(2000);
    expect(await at.write("/testbed/none/x", bytes)).toEqual({ ok: false, problem: "missing" });
    expect(await at.text("/testbed/readme.md")).toBe("this is readme.md\n");
    expect(unwrap(await at.sandbox.stat("/testbed/injected", never))).toBe(null);
  });

  test("what commands write is read, and the reverse, whatever the shell's folder", async () => {
    await using at = await bench.open();
    await at.says("cd /; echo from the shell >/testbed/x");
    expect(await at.text("/testbed/x")).toBe("from the shell\n");
    await at.write("/testbed/x", "from outside\n");
    expect(await at.says("cat /testbed/x")).toBe("from outside\n");
  });
}
