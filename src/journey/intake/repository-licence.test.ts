import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { unwrap } from "../../base/result.ts";
import { createScrubber } from "../../base/secret.ts";
import { openLocalRun } from "../../ledger/local/local-run.ts";
import { RepositoryConfig } from "../../repository/repository-config.ts";
import { never, TestFolder, UserRepository } from "../../repository/temporary-repository.conformance.ts";
import { intake } from "./intake.ts";
import { repositoryLicence } from "./repository-licence.ts";

const folder = new TestFolder();
afterAll(() => folder[Symbol.dispose]());

const apache = readFileSync(join(import.meta.dirname, "..", "..", "..", "LICENSE"), "utf8");
const mit =
  "Permission is hereby granted, free of charge, to any person obtaining a copy of this software … subject to the following conditions:\nThe above copyright notice and this permission notice shall be included …";
const gpl = "GNU GENERAL PUBLIC LICENSE\nVersion 3, 29 June 2007\n";

const cases: readonly (readonly [string, Readonly<Record<string, string>>, string | null])[] = [
  ["a text", { LICENSE: apache }, "Apache-2.0"],
  ["a text of another name", { "COPYING.txt": mit }, "MIT"],
  ["a text below is none of the whole", { "vendor/LICENSE": mit }, null],
  ["nothing", { "a.py": "" }, null],
  ["a word of package.json", { "package.json": '{"license": "ISC"}' }, "ISC"],
  ["an old word of package.json", { "package.json": '{"license": {"type": "MIT"}}' }, "MIT"],
  ["a text says more than a template's word", { LICENSE: mit, "package.json": '{"license": "ISC"}' }, "MIT"],
  [
    "a word says of the GPL what its text does not",
    { COPYING: gpl, "Cargo.toml": '[package]\nlicense = "GPL-3.0-or-later"\n' },
    "GPL-3.0-or-later",
  ],
  ["two texts of Rust", { "LICENSE-MIT": mit, "LICENSE-APACHE": apache }, "Apache-2.0 OR MIT"],
  [
    "two texts and a word for both",
    { "LICENSE-MIT": mit, "LICENSE-GPL": gpl, "Cargo.toml": 'license = "MIT OR GPL-3.0"' },
    "MIT OR GPL-3.0",
  ],
  ["two texts and no word", { "LICENSE-MIT": mit, "LICENSE-GPL": gpl }, null],
  ["pyproject.toml", { "pyproject.toml": '[project]\nname = "x"\nlicense = {text = "MIT License"}\n' }, "MIT"],
  [
    "a classifier",
    { "pyproject.toml": '[project]\nclassifiers = [\n  "License :: OSI Approved :: Apache Software License",\n]\n' },
    "Apache-2.0",
  ],
  ["a file of a licence that nobody knows", { LICENSE: "Do nothing.", "package.json": "{broken" }, null],
];

test.each(cases)("%s", async (name, files, expected) => {
  const user = new UserRepository(folder.at(name.replaceAll(" ", "-")));
  for (const [path, text] of Object.entries(files)) user.write(path, text);
  const commit = user.commit();
  expect(await repositoryLicence(await user.open(), commit, never)).toBe(expected);
});

test("a link is no text, and so is a file of megabytes", async () => {
  const user = new UserRepository(folder.at("links"));
  user.link("LICENSE", "/etc/passwd").write("COPYING", mit + " ".repeat(2 << 20));
  const commit = user.commit();
  expect(await repositoryLicence(await user.open(), commit, never)).toBeNull();
});

test("intake keeps it, of the newest training commit", async () => {
  const user = new UserRepository(folder.at("kept"));
  user.write("a.py", "x = 1\n").commit();
  user.write("LICENSE", mit).commit();
  for (let number = 0; number < 18; number++) user.write("a.py", `x = ${number}\n`).commit();
  user.write("LICENSE", gpl).commit();
  await using run = unwrap(await openLocalRun({ dir: folder.at("run"), scrubber: createScrubber([]), write: true }));
  const context = { ledger: run.ledger, artifacts: run.artifacts, scratchRoot: folder.at("scratch") };
  const taken = unwrap(await intake(RepositoryConfig.parse({ path: user.path }), context, never));
  expect(taken.licence).toBe("MIT");
});
