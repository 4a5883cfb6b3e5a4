import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";
import type { Dialect } from "./model-config.ts";

/** Where requests go. `host` (with port) and `hostname` (without) are for people and tables, and never hold a key. */
export interface BaseUrl {
  readonly host: string;
  readonly hostname: string;
  readonly origin: string;
  /** Path of the dialect's route on the origin. */
  readonly path: string;
}

/**
 * Reads the base URL of a server: everything before `/chat/completions` or `/v1/messages`. For chat an origin alone gets `/v1`; a slash at
 * the end is dropped, a whole route is taken as it stands. The error is one sentence, which never repeats the URL: it may hold a secret.
 */
export function parseBaseUrl(text: string, dialect: Dialect): Result<BaseUrl, string> {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    return err("The base URL must begin with http:// or https://, as in http://127.0.0.1:8000/v1.");
  }
  if (url.username !== "" || url.password !== "") {
    return err("The base URL must hold no user name or password; give a key as apiKey: env:NAME.");
  }
  if (url.search !== "" || url.hash !== "") return err("The base URL must end with its path, without ? or #.");
  const { host, hostname, origin } = url;
  return ok({ host, hostname, origin, path: routes[dialect](url.pathname.replace(/\/+$/, "")) });
}

const routes: Readonly<Record<Dialect, (path: string) => string>> = {
  "openai-chat": (path) => (path.endsWith("/chat/completions") ? path : `${path === "" ? "/v1" : path}/chat/completions`),
  "anthropic-messages": (path) => (path.endsWith("/messages") ? path : `${path.replace(/\/v1$/, "")}/v1/messages`),
};
