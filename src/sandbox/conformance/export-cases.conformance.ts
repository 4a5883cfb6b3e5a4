import { expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { type Bench, never } from "./bench.conformance.ts";
import { fileMark, isGone } from "./exported.conformance.ts";

export function exportCases(bench: Bench): void {
  test("changed, new, gone, moved, replaced, executable, linked and binary files come out as they are", async () => {
    await using at = await bench.open();
    const edits = [
      "echo changed >readme.md; rm docs/one.md; chmod +x src/a.py; chmod -x run.sh; ln -sfn src link; ln -s /etc/passwd out",
      "mv moved renamed; rm -r src/inner; echo now a file >src/inner; rm data.bin; mkdir data.bin; echo in >data.bin/in",
      "mkdir -p new/deep empty; printf '\\0\\377' >new/deep/bin; rm -r .hidden; mkdir .hidden; echo y >.hidden/y",
      "mkdir -p nested/.git; echo no >nested/.git/config; echo yes >nested/yes; mkfifo pipe; rm docs/two.md; mkfifo docs/two.md",
      "echo 'a b' >'naïve name.txt'; touch -- -dash 'sp ace'; { git add -A; } 2>/dev/null; echo ignored >.git/hooks/x",
    ];
    await at.says(edits.join("\n"));
    const tree = await at.exported();
    const expected: Record<string, string> = {
      "readme.md": fileMark("changed\n"),
      "src/a.py": fileMark("this is src/a.py\n", true),
      "run.sh": fileMark("#!/bin/sh\necho ran\n"),
      link: "-> src",
      out: "-> /etc/passwd",
      "renamed/deep/c.txt": fileMark("this is moved/deep/c.txt\n"),
      "src/inner": fileMark("now a file\n"),
      "data.bin/in": fileMark("in\n"),
      "new/deep/bin": fileMark(Buffer.from([0, 255])),
      ".hidden/y": fileMark("y\n"),
      "nested/yes": fileMark("yes\n"),
      "naïve name.txt": fileMark("a b\n"),
      "-dash": fileMark(""),
      "sp ace": fileMark(""),
    };
    expect(Object.fromEntries([...tree.entries].filter(([path]) => path in expected))).toEqual(expected);
    const gone = ["docs/one.md", "docs/two.md", "moved/deep/c.txt", "src/inner/b.py", ".hidden/x"];
    expect(gone.filter((path) => !isGone(tree, path))).toEqual([]);
    expect([...tree.entries.keys(), ...tree.deleted].filter((path) => path.split("/").includes(".git"))).toEqual([]);
    expect([...tree.entries.values()].filter((mark) => mark.startsWith("other"))).toEqual([]);
    if (tree.kind === "delta") expect(tree.deleted).toContain("src/inner");
  });

  test("nothing changed, nothing comes out of a delta", async () => {
    await using at = await bench.open();
    await at.says("{ git status; } 2>/dev/null; ls -R >/tmp/out");
    const tree = await at.exported();
    if (tree.kind === "delta") expect([...tree.entries.entries(), ...tree.deleted].filter(([, mark]) => mark !== "folder")).toEqual([]);
    else expect(tree.entries.get("readme.md")).toBe(fileMark("this is readme.md\n"));
  });

  test("nothing of the agent's runs any more, and the shell goes on in its folder", async () => {
    await using at = await bench.open();
    await at.says("cd src; (while :; do echo x >>grows; done) & while [ ! -s grows ]; do :; done");
    const first = await at.exported(false);
    const second = await at.exported(false);
    expect(second.entries.get("src/grows")).toBe(first.entries.get("src/grows"));
    expect(first.entries.get("src/grows")).toMatch(/^644/);
    expect(await at.says("pwd; echo more >>a.py")).toBe("/testbed/src\n");
    expect((await at.exported()).entries.get("src/a.py")).toBe(fileMark("this is src/a.py\nmore\n"));
  });

  test("an export that nobody reads to its end holds nothing up", async () => {
    await using at = await bench.open();
    await at.says("head -c 5000000 /dev/zero >big");
    const tree = unwrap(await at.sandbox.exportTree({ final: false }, never));
    expect(await at.says("echo next")).toBe("next\n");
    tree.tar.destroy();
    expect((await at.exported()).entries.get("big")).toBe(fileMark(Buffer.alloc(5_000_000)));
  });

  test("folders that nobody may enter, and names that are not UTF-8, come out", async () => {
    await using at = await bench.open();
    await at.says("mkdir shut; echo in >shut/in; chmod 0 shut; echo x >$(printf 'caf\\351'); true");
    const tree = unwrap(await at.sandbox.exportTree({ final: true }, never));
    const chunks: Buffer[] = [];
    for await (const chunk of tree.tar) chunks.push(Buffer.from(chunk));
    const whole = Buffer.concat(chunks);
    expect(whole.includes("shut/in")).toBe(true);
    if (tree.kind === "delta") expect(whole.includes(Buffer.from("caf\xe9", "latin1"))).toBe(true);
  });
}
