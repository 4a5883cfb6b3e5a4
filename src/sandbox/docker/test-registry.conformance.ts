import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** A registry on loopback, which an engine trusts without TLS, with one image of one layer. Counts what is asked for. */
export class TestRegistry implements AsyncDisposable {
  readonly #bodies = new Map<string, { readonly type: string; readonly body: Buffer }>();
  readonly #server: Server;
  /** Paths asked for with GET, in order. */
  readonly asked: string[] = [];
  /** While set, blobs wait for it. */
  held: Promise<void> | null = null;

  /** `layer`: a root file system as a tar. */
  constructor(layer: Buffer) {
    const packed = gzipSync(layer);
    const architecture = process.arch === "arm64" ? "arm64" : "amd64";
    const config = Buffer.from(
      JSON.stringify({ architecture, os: "linux", config: {}, rootfs: { type: "layers", diff_ids: [digestOf(layer)] }, history: [{}] }),
    );
    const types = "application/vnd.docker";
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: `${types}.distribution.manifest.v2+json`,
        config: { mediaType: `${types}.container.image.v1+json`, size: config.length, digest: digestOf(config) },
        layers: [{ mediaType: `${types}.image.rootfs.diff.tar.gzip`, size: packed.length, digest: digestOf(packed) }],
      }),
    );
    for (const body of [config, packed]) this.#bodies.set(digestOf(body), { type: "application/octet-stream", body });
    for (const name of ["1", digestOf(manifest)])
      this.#bodies.set(name, { type: `${types}.distribution.manifest.v2+json`, body: manifest });
    this.#server = createServer((request, response) => {
      void this.#answer(request.method ?? "", request.url ?? "").then((found) => {
        if (found === null) return response.writeHead(404).end("{}");
        const headers = { "content-type": found.type, "content-length": found.body.length, "docker-content-digest": digestOf(found.body) };
        response.writeHead(200, headers);
        return request.method === "HEAD" ? response.end() : response.end(found.body);
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  /** Of the image, as an engine of this host is told it. */
  get image(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}/app:1`;
  }

  async #answer(method: string, url: string): Promise<{ readonly type: string; readonly body: Buffer } | null> {
    if (url === "/v2/") return { type: "application/json", body: Buffer.from("{}") };
    const name = /^\/v2\/app\/(?:manifests|blobs)\/(.+)$/.exec(url)?.[1];
    if (method === "GET") this.asked.push(url);
    if (url.includes("/blobs/")) await this.held;
    return name === undefined ? null : (this.#bodies.get(name) ?? null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
