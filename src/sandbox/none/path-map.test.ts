import { expect, test } from "vitest";
import { PathMap } from "./path-map.ts";

const map = new PathMap({ workspace: "/private/tmp/x.y/testbed", home: "/private/tmp/x.y/home" });

test.each([
  ["cat /testbed/a", "cat /private/tmp/x.y/testbed/a"],
  ["cd '/testbed'&&ls", "cd '/private/tmp/x.y/testbed'&&ls"],
  ["A=/testbed:/testbed/b /testbed.", "A=/private/tmp/x.y/testbed:/private/tmp/x.y/testbed/b /private/tmp/x.y/testbed."],
  ["ls /tmp /tmp/a", "ls /private/tmp/x.y/home /private/tmp/x.y/home/a"],
  ["/testbeds /testbed-2 x/testbed ./testbed /var/tmp /testbed.py", "/testbeds /testbed-2 x/testbed ./testbed /var/tmp /testbed.py"],
])("%s", (command, mapped) => {
  expect(map.toHost(command)).toBe(mapped);
  expect(map.toSandbox(mapped)).toBe(command);
});
