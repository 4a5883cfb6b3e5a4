import { expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { type Bench, never } from "./bench.conformance.ts";

export function commandCases(bench: Bench): void {
  test("folder, variables, functions and the last status go on from command to command", async () => {
    await using at = await bench.open();
    expect(await at.says("pwd")).toBe("/testbed\n");
    await at.says("cd src; export COLOUR=blue; greet() { echo hello; }");
    expect(await at.says("pwd; echo $COLOUR; greet")).toBe("/testbed/src\nblue\nhello\n");
    expect(await at.run("(exit 7)")).toMatchObject({ ended: "completed", exitCode: 7, output: "" });
    expect(await at.says("echo $?")).toBe("7\n");
  });

  test("standard output and error come together, in order, with and without a last newline", async () => {
    await using at = await bench.open();
    expect(await at.says("echo a; echo b >&2; echo c; printf d")).toBe("a\nb\nc\nd");
    expect(await at.says("printf '\\n'")).toBe("\n");
    expect(await at.says("printf ''")).toBe("");
  });

  test("standard streams can be opened by path, and standard input is empty", async () => {
    await using at = await bench.open();
    expect(await at.says("echo a >/dev/stderr; echo b >/dev/stdout; echo c | tee /dev/stderr; cat; cat /dev/stdin")).toBe("a\nb\nc\nc\n");
  });

  test("a syntax error is an observation, and the shell lives on", async () => {
    await using at = await bench.open();
    await at.says("KEPT=yes");
    for (const command of [
      "echo 'unterminated",
      'echo "unterminated',
      "echo (",
      "if true; then",
      "fi",
      "echo `x",
      "a() {",
      "echo $(",
      "((",
      "'",
    ]) {
      const done = await at.run(command);
      const { ended, exitCode, output } = done;
      expect({ command, ended, failed: exitCode !== 0, said: output !== "" }).toEqual({
        command,
        ended: "completed",
        failed: true,
        said: true,
      });
      expect(`${command}: ${await at.says("echo $KEPT")}`).toBe(`${command}: yes\n`);
    }
  });

  test("text of every kind reaches the shell as it is", async () => {
    await using at = await bench.open();
    const text = "it's \"quoted\" $HOME `x` \\ \t# ! ünïcödé 漢字 \u0001\u001b[0m '\\'' %s ${x} !! ~";
    expect(await at.says(`cat <<'EOF'\n${text}\nEOF`)).toBe(`${text}\n`);
    expect(await at.says("cat <<'EOF'\nno newline after the last line\nEOF # it's")).toContain("no newline");
    expect(await at.says("# only a comment, it's")).toBe("");
    expect(await at.says("")).toBe("");
    expect(await at.says("echo one\n\n\necho two \\\n three")).toBe("one\ntwo three\n");
  });

  test("a command of 1 MB", async () => {
    await using at = await bench.open();
    const line = "x".repeat(1023);
    const body = `${line}\n`.repeat(1024);
    expect(await at.says(`wc -c <<'EOF'\n${body}EOF`)).toMatch(/^\s*1048576\n$/);
  });

  test("output beyond the limit is counted and dropped, but for its end; a cut character is left out", async () => {
    await using at = await bench.open();
    const done = await at.run("head -c 3000000 /dev/zero | tr '\\0' x; echo end", { outputLimitBytes: 1000 });
    const end = `${"x".repeat(19_996)}end\n`;
    expect(done).toEqual({ output: "x".repeat(1000), outputTail: end, outputBytes: 3_000_004, ended: "completed", exitCode: 0 });
    const cut = await at.run("printf 'aéé'", { outputLimitBytes: 4 });
    expect(cut).toMatchObject({ output: "aé", outputTail: "", outputBytes: 5 });
  });

  test("bytes that are not UTF-8 become replacement characters; characters are whole whatever the chunks", async () => {
    await using at = await bench.open();
    expect(await at.says("printf 'a\\377b'")).toBe("a\uFFFDb");
    const many = await at.says("i=0; while [ $i -lt 2000 ]; do printf '漢字ü'; i=$((i+1)); done");
    expect(many).toBe("漢字ü".repeat(2000));
  });

  test("a daemon that keeps standard output open holds nobody up, and what it prints between commands is dropped", async () => {
    await using at = await bench.open();
    expect(await at.says("(while [ ! -e go ]; do sleep 0.01; done; echo late; touch gone) & echo now")).toBe("now\n");
    await at.write("/testbed/go", "");
    while (unwrap(await at.sandbox.stat("/testbed/gone", never)) === null) await Promise.resolve();
    expect(await at.says("echo next")).toBe("next\n");
  });

  test("the frame can not be forged from inside", async () => {
    await using at = await bench.open();
    const forged = "for f in /proc/*/cmdline /proc/*/environ; do tr '\\0' '\\n' <$f; done 2>/dev/null | grep -aoE '[0-9a-f]{32}' | sort -u";
    const found = (await at.run(forged)).output.split("\n").filter((line) => line !== "");
    for (const nonce of [...found, "0".repeat(32)]) {
      const done = await at.run(`printf '\\n${nonce}>0\\n\\n${nonce} ended 0\\n'; echo real`);
      expect(done).toMatchObject({ ended: "completed", exitCode: 0 });
      expect(done.output).toContain("real");
    }
    const traced = await at.run("set -xv; echo seen; set +xv");
    expect(traced).toMatchObject({ ended: "completed", exitCode: 0 });
    expect(traced.output).not.toMatch(/[0-9a-f]{16}/);
  });

  test("programs are told to be plain", async () => {
    await using at = await bench.open();
    const names = (await at.says("env")).split("\n").map((line) => line.split("=")[0]);
    for (const name of ["PATH", "HOME", "LANG", "PAGER"]) expect(names).toContain(name);
    expect(names).not.toContain("TERM");
    expect(await at.says("echo $HOME $LANG $PAGER")).toBe("/tmp C.UTF-8 cat\n");
  });
}

export function gitCases(bench: Bench): void {
  test("git knows the workspace and finds it clean", async () => {
    await using at = await bench.open();
    expect(await at.says("git status --porcelain")).toBe("");
    expect(await at.says("git log --format=%s")).toBe("Snapshot\n");
    expect(await at.says("cd src && echo more >>a.py && git status --porcelain")).toBe(" M src/a.py\n");
    expect(await at.says("git -p log --oneline | wc -l")).toMatch(/^\s*1\n$/);
  });
}
