import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** A Postgres of one's own, on loopback, in a temporary folder. */
export interface PostgresServer extends AsyncDisposable {
  readonly url: string;
  /** As a power cut would: at once and without a word. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Why there is none here; null: there is one. */
export const whyNoPostgres = programs() === null ? "postgres is not installed (CI=true npm test installs it)" : null;

/** Starts one. `settings`: lines of its configuration. */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const bin = programs();
  if (bin === null) throw new Error("postgres is not installed");
  const folder = mkdtempSync(join(tmpdir(), "apprentice-postgres-"));
  const account = unprivileged();
  chmodSync(folder, 0o700);
  if (account !== null) chownSync(folder, account, account);
  const as = account === null ? {} : { uid: account, gid: account };
  const data = join(folder, "data");
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "apprentice", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"], {
    stdio: "ignore",
    cwd: folder,
    ...as,
  });
  const port = await freePort();
  const url = `postgres://apprentice@127.0.0.1:${port}/postgres`;
  const given = Object.entries({ listen_addresses: "127.0.0.1", port: String(port), unix_socket_directories: "", ...settings });
  const args = ["-D", data, ...given.flatMap(([name, value]) => ["-c", `${name}=${value}`])];
  let server: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    server = spawn(join(bin, "postgres"), args, { stdio: "ignore", cwd: folder, ...as });
    await answering(url);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server === null) return;
    const ended = once(server, "exit");
    server.kill(signal);
    await ended;
    server = null;
  };
  await start();
  return {
    url,
    start,
    kill: async () => await end("SIGKILL"),
    [Symbol.asyncDispose]: async () => {
      await end("SIGQUIT");
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** The folder of the server's programs. */
function programs(): string | null {
  const debian = "/usr/lib/postgresql";
  const versions = namesIn(debian).toSorted((a, b) => Number(b) - Number(a));
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...versions.map((version) => join(debian, version, "bin"))];
  return folders.find((folder) => namesIn(folder).includes("initdb")) ?? null;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The server refuses to run as root. */
function unprivileged(): number | null {
  return process.getuid?.() === 0 ? 65534 : null;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function answering(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (attempt === 200) throw error;
      await sleep(50);
    }
  }
}
