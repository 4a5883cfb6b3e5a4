import { err, ok, type Result } from "../base/result.ts";
import { endpointReach, type ReachRule } from "../model/endpoint-reach.ts";

/** The hub where no other is named, as its own programs take it. */
export const defaultHub = "https://huggingface.co";

/** Address of a hub without a slash at its end (HF_ENDPOINT), or what is wrong with it, as it goes after "HF_ENDPOINT". */
export function hubAddress(text: string | undefined): Result<string, string> {
  const given = text?.trim() || defaultHub;
  const url = URL.parse(given);
  if (url === null || !["http:", "https:"].includes(url.protocol)) return err("must be an address that begins with https:// or http://");
  if (url.username !== "" || url.password !== "") return err("must hold no user and no password: the token comes from --token-env");
  return ok(`${url.origin}${url.pathname}`.replace(/\/+$/, ""));
}

/** Why nothing may go to the hub under these rules; null: it may. A token never goes to a public host in clear text. */
export async function hubRefusal(address: string, rules: readonly ReachRule[]): Promise<string | null> {
  for (const rule of rules.filter(({ privacy }) => privacy === "local")) {
    const { refusal } = await endpointReach(address, rule);
    if (refusal !== null) return refusal;
  }
  if (!address.startsWith("http://")) return null;
  const { range, host } = await endpointReach(address, { privacy: "any", allowedHosts: [] });
  return range === "public" ? `${host} is public, and over http the token would go there in clear text` : null;
}
