import { BlockList, isIP } from "node:net";

/** Where an IP address lies, as seen from this machine. */
export type AddressRange = "this machine" | "private network" | "public";

const thisMachine = new BlockList();
thisMachine.addSubnet("127.0.0.0", 8, "ipv4");
thisMachine.addAddress("::1", "ipv6");
// Who connects to "any address" reaches this machine; servers print it as their own.
thisMachine.addAddress("0.0.0.0", "ipv4");
thisMachine.addAddress("::", "ipv6");

/** RFC 1918, RFC 3927, RFC 4193, and link-local of RFC 4291. */
const privateNetwork = new BlockList();
privateNetwork.addSubnet("10.0.0.0", 8, "ipv4");
privateNetwork.addSubnet("172.16.0.0", 12, "ipv4");
privateNetwork.addSubnet("192.168.0.0", 16, "ipv4");
privateNetwork.addSubnet("169.254.0.0", 16, "ipv4");
privateNetwork.addSubnet("fc00::", 7, "ipv6");
privateNetwork.addSubnet("fe80::", 10, "ipv6");

/** Of an address as text, without brackets; an IPv4 address mapped into IPv6 counts as itself, and what is no address as public. */
export function addressRange(text: string): AddressRange {
  const address = text.replace(/%.*$/, "");
  const version = isIP(address);
  if (version === 0) return "public";
  const family = version === 4 ? "ipv4" : "ipv6";
  if (thisMachine.check(address, family)) return "this machine";
  return privateNetwork.check(address, family) ? "private network" : "public";
}
