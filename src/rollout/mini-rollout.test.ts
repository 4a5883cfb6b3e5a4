import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { toolsetByName } from "../toolsets/toolsets.ts";
import { bash, editor } from "./reply-server.conformance.ts";
import { inEverySandbox } from "./rollout-place.conformance.ts";

const toolset = toolsetByName("mini");
if (toolset === null) throw new Error("no toolset");
const task = { toolset };
const submit = bash("echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT");

await inEverySandbox("the toolset mini", (_, place) => {
  test("changes files by commands and hands in by one; nothing answers that", async () => {
    const rolled = await place().roll([bash("sed -i 's/x - y/x + y/' a.py; cat a.py; false"), submit], { task });
    expect(unwrap(rolled.result)).toMatchObject({ exit: "submitted", steps: 2, patchSize: { files: 1, added: 1, removed: 1 } });
    const { steps, tools } = await rolled.transcript();
    expect(tools.map(({ name }) => name)).toEqual(["bash"]);
    expect(steps.map(({ kind, observation }) => [kind, observation])).toEqual([
      ["action", "<returncode>1</returncode>\n<output>\ndef add(x, y):\n    return x + y\n</output>"],
      ["submission", "<returncode>0</returncode>\n<output>\nCOMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT\n</output>"],
    ]);
    expect(await rolled.patch()).toContain("+    return x + y\n");
  });

  test("every command begins in the workspace, with nothing of the one before but files", async () => {
    const hidden = ["mkdir in; cd in; export SEEN=yes; set -e; f() { echo f; }; exit 3", 'pwd; echo "[$SEEN]"; command -v f; ls'];
    const odd = ["echo 'it''s' \"$((1 + 1))\"", "cat <<'END'\n)\nEND\necho )", "echo $0 >/dev/null; echo again"];
    const rolled = await place().roll([...hidden, ...odd].map((command) => bash(command)).concat(submit), { task });
    const [left, seen, quoted, broken, after] = (await rolled.transcript()).steps.map(({ observation }) => observation);
    expect(left).toBe("<returncode>3</returncode>\n<output>\n</output>");
    expect(seen).toBe("<returncode>0</returncode>\n<output>\n/testbed\n[]\na.py\nb.txt\nin\nsettings.py\n</output>");
    expect(quoted).toBe("<returncode>0</returncode>\n<output>\nits 2\n</output>");
    expect(broken).toMatch(/^<returncode>[12]<\/returncode>\n<output>\n[^]*yntax error/);
    expect(after).toBe("<returncode>0</returncode>\n<output>\nagain\n</output>");
  });

  test("a mark that is not the first line, or beside a failure, hands nothing in", async () => {
    const late = bash("echo first; echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT");
    const failed = bash("echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT; false");
    const rolled = await place().roll([late, failed, bash("echo; echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT; cat b.txt")], { task });
    expect((await rolled.transcript()).steps.map(({ kind }) => kind)).toEqual(["action", "action", "submission"]);
  });

  test("a command over its deadline has return code -1, and a call of another tool is asked for again", async () => {
    const view = editor({ command: "view", path: "/testbed/a.py" });
    const rolled = await place().roll([view, bash("echo begun; sleep 60"), submit], { task, limits: { commandMs: 500 } });
    const { steps } = await rolled.transcript();
    expect(steps.map(({ kind }) => kind)).toEqual(["requery", "action", "submission"]);
    expect(steps[0]?.observation).toMatch(/no tool named "str_replace_editor"\. The tools are bash\.$/);
    expect(steps[1]?.observation).toMatch(
      /^<exception>The command was ended because it took more than 0\.5 seconds\.<\/exception>\n<returncode>-1<\/returncode>\n<output>\nbegun\n<\/output>$/,
    );
  });

  test("of a long output the first and the last 5,000 characters are shown, also where most of it was dropped", async () => {
    const long = (bytes: number): string => `echo BEGIN; head -c ${bytes} /dev/zero | tr '\\0' x; echo; echo ÄEND`;
    const rolled = await place().roll([bash(long(9_980)), bash(long(10_000)), bash(long(3_000_000)), submit], { task });
    const [whole, cut, most] = (await rolled.transcript()).steps.map(({ observation }) => observation);
    expect(whole).toContain(`<output>\nBEGIN\n${"x".repeat(9_980)}\nÄEND\n</output>`);
    const shape = (elided: number): RegExp =>
      new RegExp(
        `^<returncode>0</returncode>\\n<warning>\\n[^<]*\\n</warning><output_head>\\nBEGIN\\nx{4994}\\n</output_head>\\n<elided_chars>\\n${elided} characters elided\\n</elided_chars>\\n<output_tail>\\nx{4994}\\nÄEND\\n\\n</output_tail>$`,
      );
    expect(cut).toMatch(shape(12));
    expect(most).toMatch(shape(2_990_012));
  });
});
