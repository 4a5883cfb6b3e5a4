import { lookup as systemLookup, type LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { isIP } from "node:net";
import { addressRange, type AddressRange } from "../base/address-range.ts";

/** Where text may be sent (privacy-config.ts). */
export interface ReachRule {
  readonly privacy: "local" | "any";
  readonly allowedHosts: readonly string[];
}

/** Where an endpoint is, and why nothing may be sent there; `refusal` null: it may. `range` null: its name leads nowhere now. */
export interface EndpointReach {
  readonly host: string;
  readonly range: AddressRange | null;
  readonly listed: boolean;
  readonly refusal: string | null;
}

/** The code of the error that a guarded connection ends with. */
export const refusedAddress = "ERR_APPRENTICE_PUBLIC_ADDRESS";

/**
 * Looks up where an address (http or https) leads, and whether the rule lets text go there; nothing is sent. A name of which any
 * address is public counts as public.
 */
export async function endpointReach(baseUrl: string, rule: ReachRule, lookup: LookupFunction = systemLookup): Promise<EndpointReach> {
  const url = new URL(baseUrl);
  const { host } = url;
  const listed = isListed(url, rule);
  const addresses = await addressesOf(bareHost(url), lookup);
  const range = widest(addresses);
  if (rule.privacy === "any" || listed || range !== "public") return { host, range, listed, refusal: null };
  const foreign = addresses.find((address) => addressRange(address) === "public") ?? "";
  const what = foreign === bareHost(url) ? "is a public address" : `leads to the public address ${foreign}`;
  return { host, range, listed, refusal: `${host} ${what}, and privacy is local` };
}

/**
 * Lookup for connections to an endpoint that refuses public addresses at the moment of connecting, when a name may lead elsewhere than
 * it did before. Null: the rule has nothing against any address. A host that is itself an address is never looked up: `endpointReach`
 * has judged it.
 */
export function guardedLookup(baseUrl: string, rule: ReachRule, lookup: LookupFunction = systemLookup): LookupFunction | null {
  if (rule.privacy === "any" || isListed(new URL(baseUrl), rule)) return null;
  return (name, options, callback) =>
    lookup(name, options, (error, found, family) => {
      const addresses = typeof found === "string" ? [found] : (found ?? []).map(({ address }) => address);
      if (error !== null || widest(addresses) !== "public") return callback(error, found, family);
      callback(Object.assign(new Error(`${name} leads to a public address`), { code: refusedAddress }), found, family);
    });
}

function isListed(url: URL, { allowedHosts }: ReachRule): boolean {
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const name = url.hostname.toLowerCase();
  return allowedHosts.some((entry) => [name, `${name}:${port}`].includes(entry.toLowerCase()));
}

function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function widest(addresses: readonly string[]): AddressRange | null {
  const ranges = new Set(addresses.map((address) => addressRange(address)));
  const order: readonly AddressRange[] = ["public", "private network", "this machine"];
  return order.find((range) => ranges.has(range)) ?? null;
}

async function addressesOf(host: string, lookup: LookupFunction): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  return await new Promise((resolve) => {
    lookup(host, { all: true }, (error, found: string | LookupAddress[]) => {
      if (error !== null) return resolve([]);
      resolve(typeof found === "string" ? [found] : found.map(({ address }) => address));
    });
  });
}
