import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A way to a server on loopback that can be lost: while it is, nothing passes and nothing is refused. */
export interface SilentWay extends AsyncDisposable {
  readonly url: string;
  lose(): void;
  /** Connections from before are broken. */
  restore(): void;
}

export async function silentWay(url: string): Promise<SilentWay> {
  const { port, hostname } = new URL(url);
  const pairs = new Set<readonly [Socket, Socket]>();
  let isLost = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) socket.on("error", end).on("close", end);
    near.pipe(far);
    far.pipe(near);
    if (isLost) for (const socket of pair) socket.pause();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const own = new URL(url);
  own.port = String(address.port);
  const breakAll = (): void => {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    url: own.href,
    lose: () => {
      isLost = true;
      for (const [near, far] of pairs) {
        near.unpipe(far).pause();
        far.unpipe(near).pause();
      }
    },
    restore: () => {
      isLost = false;
      breakAll();
    },
    [Symbol.asyncDispose]: async () => {
      breakAll();
      server.close();
      await once(server, "close");
    },
  };
}
