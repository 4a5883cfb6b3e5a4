import { expect, test } from "vitest";
import { unwrap } from "../base/result.ts";
import { parsePatch } from "./parse-patch.ts";
import { patchSize } from "./patch-size.ts";

const sizeOf = (patch: string) => patchSize(unwrap(parsePatch(patch)));

test("counts files and lines, blank ones too", () => {
  const patch =
    "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n-a\n-\n+b\n+-- c\n keep\n" +
    "diff --git a/y b/y\nold mode 100644\nnew mode 100755\n";
  expect(sizeOf(patch)).toEqual({ files: 2, added: 2, removed: 2 });
  expect(sizeOf("")).toEqual({ files: 0, added: 0, removed: 0 });
});
