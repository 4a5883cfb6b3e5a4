import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { sha256Hex } from "../base/hash.ts";

/** A hub on loopback that answers as Hugging Face's does where datasets are uploaded, and keeps what it got. */
export interface HubServer extends AsyncDisposable {
  readonly origin: string;
  /** Files of the commit that was made, by name; empty until then. */
  readonly committed: ReadonlyMap<string, Buffer>;
  /** What a repository was asked to be made as. */
  readonly made: readonly Record<string, unknown>[];
  readonly requests: readonly string[];
}

export interface HubSettings {
  readonly token: string;
  readonly isThere?: boolean;
  /** Where large files are to be sent instead of here. */
  readonly largeFilesAt?: string;
}

export async function startHub(settings: HubSettings): Promise<HubServer> {
  const state: State = { settings, origin: "", large: new Map(), committed: new Map(), made: [], requests: [] };
  const server = createServer((request, response) => {
    void answer(state, request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  state.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { origin, committed, made, requests } = state;
  return {
    origin,
    committed,
    made,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

interface State {
  readonly settings: HubSettings;
  origin: string;
  readonly large: Map<string, Buffer>;
  readonly committed: Map<string, Buffer>;
  readonly made: Record<string, unknown>[];
  readonly requests: string[];
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
  const path = new URL(request.url ?? "/", state.origin).pathname;
  state.requests.push(`${request.method ?? ""} ${path}`);
  const json = (status: number, value: unknown): void =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  if (path.startsWith("/large/")) {
    state.large.set(path.slice("/large/".length), body);
    return void response.writeHead(200, { etag: '"e"' }).end();
  }
  if (request.headers.authorization !== `Bearer ${state.settings.token}`)
    return json(401, { error: `Invalid credentials: ${request.headers.authorization ?? "none"}` });
  if (path === "/api/repos/create") {
    state.made.push(JSON.parse(body.toString()) as Record<string, unknown>);
    return state.settings.isThere === true
      ? json(409, { error: "You already created this dataset repo" })
      : json(200, { url: `${state.origin}/datasets/me/try`, id: "1" });
  }
  if (path.endsWith("/preupload/main")) return json(200, { files: uploadModes(body) });
  if (path.endsWith("/info/lfs/objects/batch")) return json(200, { transfer: "basic", objects: places(state, body) });
  if (path.endsWith("/commit/main")) {
    commit(state, body);
    return json(200, { commitOid: "c0ffee", commitUrl: `${state.origin}/datasets/me/try/commit/c0ffee`, hookOutput: "" });
  }
  json(404, { error: "no such route" });
}

function uploadModes(body: Buffer): object[] {
  const { files } = JSON.parse(body.toString()) as { files: { path: string }[] };
  return files.map(({ path }) => ({ path, uploadMode: /\.(?:jsonl|parquet)$/.test(path) ? "lfs" : "regular" }));
}

function places({ settings, origin }: State, body: Buffer): object[] {
  const { objects } = JSON.parse(body.toString()) as { objects: { oid: string; size: number }[] };
  return objects.map(({ oid, size }) => ({
    oid,
    size,
    actions: { upload: { href: `${settings.largeFilesAt ?? origin}/large/${oid}`, header: {} } },
  }));
}

/** Throws where a large file is named that never came, or came as something else. */
function commit({ large, committed }: State, body: Buffer): void {
  for (const line of body.toString().split("\n")) {
    const { key, value } = JSON.parse(line) as { key: string; value: { path: string; oid: string; content: string } };
    if (key === "header") continue;
    const bytes = key === "lfsFile" ? large.get(value.oid) : Buffer.from(value.content, "base64");
    if (bytes === undefined || (key === "lfsFile" && sha256Hex(bytes) !== value.oid)) throw new Error(`${value.path} has not come`);
    committed.set(value.path, bytes);
  }
}
