import { expect, test } from "vitest";
import { addressRange } from "./address-range.ts";

const own = ["127.0.0.1", "127.255.0.9", "0.0.0.0", "::1", "::", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1"];
const near = [
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.9",
  "169.254.1.1",
  "fc00::1",
  "fdff::1",
  "fe80::1",
  "fe80::1%eth0",
  "febf::1",
  "::ffff:10.1.2.3",
  "::ffff:c0a8:101",
];
const far = [
  "8.8.8.8",
  "11.0.0.1",
  "172.15.255.255",
  "172.32.0.1",
  "192.167.1.1",
  "192.169.1.1",
  "169.253.1.1",
  "126.255.255.255",
  "128.0.0.1",
  "100.64.0.1",
  "2606:4700::1111",
  "fec0::1",
  "fbff::1",
  "::ffff:8.8.8.8",
  "64:ff9b::7f00:1",
  "::127.0.0.1",
  "::2",
  "",
  "localhost",
  "10.0.0.1.example.com",
];

test.each([
  ["this machine", own],
  ["private network", near],
  ["public", far],
] as const)("addresses of %s", (range, addresses) => {
  expect(addresses.filter((address) => addressRange(address) !== range)).toEqual([]);
});
