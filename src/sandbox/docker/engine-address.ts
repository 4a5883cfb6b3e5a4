import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { err, ok, type Result } from "../../base/result.ts";

/** Where an Engine API is spoken: Docker's, or podman's, which serves the same. */
export type EngineAddress =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly tls: EngineTls | null };

export interface EngineTls {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** `DOCKER_HOST` (or `CONTAINER_HOST`, podman's) where it is set, else the first socket that is there. The error is a sentence. */
export function findEngine(environment: Environment): Result<EngineAddress, string> {
  const named = environment["DOCKER_HOST"] || environment["CONTAINER_HOST"];
  if (named) return parseAddress(named, environment);
  const path = usualSockets(environment).find((candidate) => existsSync(candidate));
  if (path !== undefined) return ok({ kind: "socket", path });
  return err("No socket of Docker or podman was found, and DOCKER_HOST is not set.");
}

/** Docker's before podman's, the system's before the user's own. */
function usualSockets(environment: Environment): string[] {
  const home = environment["HOME"] || homedir();
  const runtime = environment["XDG_RUNTIME_DIR"] || `/run/user/${process.getuid?.() ?? 0}`;
  return [
    "/var/run/docker.sock",
    join(runtime, "docker.sock"),
    join(home, ".docker/run/docker.sock"),
    join(home, ".docker/desktop/docker.sock"),
    join(home, ".colima/default/docker.sock"),
    join(home, ".orbstack/run/docker.sock"),
    "/run/podman/podman.sock",
    join(runtime, "podman/podman.sock"),
    join(home, ".local/share/containers/podman/machine/podman.sock"),
  ];
}

function parseAddress(text: string, environment: Environment): Result<EngineAddress, string> {
  if (text.startsWith("unix://")) return ok({ kind: "socket", path: text.slice("unix://".length) });
  if (text.startsWith("/")) return ok({ kind: "socket", path: text });
  const url = URL.parse(text);
  if (url === null || !["tcp:", "http:", "https:"].includes(url.protocol)) {
    return err(`DOCKER_HOST is ${text}, and only unix:// and tcp:// are spoken here; for ssh, forward the socket: ssh -L`);
  }
  const secure = url.protocol === "https:" || Boolean(environment["DOCKER_TLS_VERIFY"]);
  const folder = environment["DOCKER_CERT_PATH"] || join(environment["HOME"] || homedir(), ".docker");
  const tls = secure ? readTls(folder) : null;
  if (secure && tls === null) return err(`DOCKER_HOST asks for TLS, and ca.pem, cert.pem and key.pem could not be read in ${folder}.`);
  return ok({ kind: "tcp", host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || (secure ? 2376 : 2375)), tls });
}

function readTls(folder: string): EngineTls | null {
  try {
    const read = (name: string): Buffer => readFileSync(join(folder, name));
    return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
  } catch {
    return null;
  }
}

/** As a person knows it. */
export function nameOfAddress(address: EngineAddress): string {
  return address.kind === "socket" ? address.path : `${address.host}:${address.port}`;
}
