import { z } from "zod";

const hostAs = "write a host as it stands in an address, with its port or without: models.example.com, 203.0.113.7:8000, [2001:db8::1]";

/** Where text may be sent: `local` refuses every endpoint that is not on this machine, in a private network, or in `AllowedHosts`. */
export const Privacy = z
  .enum(["local", "any"])
  .default("any")
  .describe(
    "local: text is sent only to this machine, to private networks and to allowedHosts; any other endpoint is refused. any: to every endpoint you name. Of what sandbox.setup does with its network it judges nothing.",
  );

export const AllowedHosts = z
  .array(z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^\s/:@[\]]+)(:\d{1,5})?$/, { error: hostAs }))
  .default([])
  .describe("Hosts that privacy: local lets through as well, whatever their address; with a port only there.");
