import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFailed } from "vitest";

/** Serves the repositories of a folder on loopback as a git host does, to those who say the name and password. */
export interface GitHost extends AsyncDisposable {
  readonly origin: string;
}

/** To be called in a test: what git said in answering is shown when that fails. */
export async function startGitHost(folder: string, login: { readonly name: string; readonly password: string } | null): Promise<GitHost> {
  const wanted = login === null ? null : `Basic ${Buffer.from(`${login.name}:${login.password}`).toString("base64")}`;
  const said: Buffer[] = [];
  onTestFailed(() => void (said.length > 0 && process.stderr.write(`git http-backend: ${Buffer.concat(said).toString()}\n`)));
  const server = createServer((request, response) => {
    if (wanted === null || request.headers.authorization === wanted) {
      serve(folder, request, response).stderr.on("data", (chunk: Buffer) => said.push(chunk));
      return;
    }
    response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end("who are you?");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function serve(folder: string, request: IncomingMessage, response: ServerResponse): ChildProcessWithoutNullStreams {
  const url = new URL(request.url ?? "/", "http://localhost");
  const child = spawn("git", ["-c", "safe.directory=*", "http-backend"], {
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_NOSYSTEM: "1",
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      REMOTE_ADDR: "127.0.0.1",
    },
  });
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.on("close", () => {
    const answer = Buffer.concat(chunks);
    const end = answer.indexOf("\r\n\r\n");
    const headers = answer
      .subarray(0, end)
      .toString("latin1")
      .split("\r\n")
      .map((line) => line.split(": ", 2));
    const status = Number(headers.find(([name]) => name === "Status")?.[1]?.slice(0, 3) ?? 200);
    for (const [name = "", value = ""] of headers) if (name !== "" && name !== "Status") response.setHeader(name, value);
    response.writeHead(status).end(answer.subarray(end + 4));
  });
  return child;
}
