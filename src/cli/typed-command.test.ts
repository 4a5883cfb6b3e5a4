import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { typedCommand, withTypedCommands, type Origin } from "./typed-command.ts";

const installed: Origin = { checkout: null, launcher: "/usr/lib/apprentice/bin/apprentice.js", folder: "/home/u", byNpm: false };
const checkout: Origin = {
  checkout: "/src/my apprentice",
  launcher: "/src/my apprentice/bin/apprentice.js",
  folder: "/home/u",
  byNpm: false,
};

test.each<[string, Origin, string]>([
  ["installed", installed, "apprentice"],
  ["installed in a project and started by npx", { ...installed, byNpm: true }, "npx apprentice"],
  ["in the checkout", { ...checkout, folder: "/src/my apprentice" }, "npx apprentice"],
  ["below the checkout", { ...checkout, folder: "/src/my apprentice/..docs" }, "npx apprentice"],
  ["in a folder beside the checkout", { ...checkout, folder: "/src/my apprentice 2" }, "'/src/my apprentice/bin/apprentice.js'"],
  ["a checkout from elsewhere", checkout, "'/src/my apprentice/bin/apprentice.js'"],
])("a command is written as it was started: %s", (_, origin, starter) => {
  expect(typedCommand(["doctor"], origin)).toBe(`${starter} doctor`);
});

test("plain words stay as they are", () => {
  expect(typedCommand(["generate", "--run", "runs/a-1.2_b"], installed)).toBe("apprentice generate --run runs/a-1.2_b");
});

test.each(["my runs/it's", 'a "b" $HOME `id` \\', "", "~", "a\nb\\n'c'\t\u001b[31m\u0085", "größe & co"])(
  "a shell reads back the word %j",
  (word) => {
    const command = typedCommand([word], installed);
    expect(command).not.toContain("\n");
    const printed = execFileSync("bash", ["-c", `apprentice() { printf '%s.' "$@"; }; ${command}`], { encoding: "utf8" });
    expect(printed).toBe(`${word}.`);
  },
);

test("a command in a sentence is written as it was started, other words are left alone", () => {
  const sentence = "A stored patch is gone: run `apprentice verify`, not `apprentices` or apprentice.yaml.";
  expect(withTypedCommands(sentence, installed)).toBe(sentence);
  expect(withTypedCommands(sentence, { ...installed, byNpm: true })).toBe(sentence.replace("`apprentice v", "`npx apprentice v"));
});
