import type { Config, ConfigDraft } from "../config/config-schema.ts";
import { endpointReach, type EndpointReach } from "../model/endpoint-reach.ts";
import { endpointsOf } from "../model/model-config.ts";
import { repositoryLocation } from "../repository/repository-location.ts";
import { usageError, type Terminal } from "./command.ts";
import { databaseUrl } from "./compose.ts";

/** A host that a run with these settings talks to, and what it is told. `refusal`: why `privacy` forbids it; null: it does not. */
export interface Destination {
  readonly host: string;
  readonly place: string;
  readonly text: string;
  readonly refusal: string | null;
}

const ofTeacher = "prompts, and the code and command output that the agent sees";
const ofEngine = "the repository's files, and the agent's commands";
const ofDatabase = "the repository's snapshots, prompts, replies and everything else of the run";
const ofFetching = "git's request for the repository, none of its text";

/** Every host that settings name, teacher first. Names are looked up; nothing is sent. */
export async function destinationsOf(draft: ConfigDraft): Promise<Destination[]> {
  const destinations: Destination[] = [];
  for (const teacher of draft.teachers) {
    for (const { baseUrl } of endpointsOf(teacher)) {
      const { host, range, listed, refusal } = await endpointReach(baseUrl, draft);
      destinations.push({ host, place: placeOf(range, listed), text: ofTeacher, refusal });
    }
  }
  const engine = draft.sandbox.kind === "docker" ? engineElsewhere() : null;
  if (engine !== null) {
    const { host, range, listed, refusal } = await endpointReach(engine, draft);
    destinations.push({ host, place: placeOf(range, listed), text: ofEngine, refusal });
  }
  const database = databaseElsewhere(draft);
  if (database !== null) {
    const { host, range, listed, refusal } = await endpointReach(database, draft);
    destinations.push({ host, place: placeOf(range, listed), text: ofDatabase, refusal });
  }
  // Where code is fetched from, that host has it already: `privacy` is about what leaves.
  for (const { path } of draft.repositories) {
    const location = repositoryLocation(path);
    if (!location.ok || location.value.kind !== "address") continue;
    destinations.push({ host: hostOf(location.value.address), place: "fetched from", text: ofFetching, refusal: null });
  }
  return [...new Map(destinations.map((destination) => [JSON.stringify(destination), destination])).values()];
}

/** What no list of hosts can hold; null: there are no set-up commands. */
export function setupNetwork({ sandbox }: ConfigDraft): string | null {
  if (sandbox.setup.length === 0) return null;
  return "they run with network, reach whatever hosts they name, and see the snapshot's code; privacy does not judge that";
}

/** What to do about a refused host, as it goes after a colon. */
export const refusalMend = "name one on this machine or in a private network, add it to allowedHosts, or set privacy to any";

/** Says which text goes where. Throws a CommandEnd of status 2 where `privacy` forbids a host; nothing was sent then. */
export async function tellDestinations(config: Config, terminal: Terminal): Promise<void> {
  const destinations = await destinationsOf(config);
  const refused = destinations.find(({ refusal }) => refusal !== null);
  if (refused !== undefined) throw usageError(`Nothing was sent: ${refused.refusal}: ${refusalMend}.`);
  for (const { host, place, text } of destinations) terminal.say(`Text to ${host} (${place}): ${text}`);
  const setup = setupNetwork(config);
  if (setup !== null) terminal.say(`Set-up commands: ${setup}.`);
  else if (destinations.length === 0) terminal.say("No text leaves this machine.");
}

function placeOf(range: EndpointReach["range"], listed: boolean): string {
  return `${range ?? "its name is not known now"}${listed ? ", in allowedHosts" : ""}`;
}

/** A container engine that is spoken to by TCP, as an address; null: by a socket of this machine. */
function engineElsewhere(): string | null {
  const url = URL.parse(process.env["DOCKER_HOST"] || process.env["CONTAINER_HOST"] || "");
  if (url === null || !["tcp:", "http:", "https:"].includes(url.protocol)) return null;
  return `http://${url.host}`;
}

/** The database of a fleet, as an address; null: there is none, or it is reached by a socket of this machine. */
function databaseElsewhere({ database }: ConfigDraft): string | null {
  const url = database === null ? null : URL.parse(databaseUrl(database)?.reveal() ?? "");
  const host = url?.searchParams.get("host") ?? url?.host ?? "";
  return host === "" || host.startsWith("/") ? null : `http://${host}`;
}

function hostOf(address: string): string {
  return URL.parse(address)?.host ?? /@([^:]+):/.exec(address)?.[1] ?? address;
}
