import { err, ok } from "../base/result.ts";
import type { Result } from "../base/result.ts";

const chatPath = "/chat/completions";

/** Where chat requests go. `host` is for people and never holds a key. */
export interface BaseUrl {
  readonly host: string;
  readonly origin: string;
  /** Path of the chat route on the origin. */
  readonly chatPath: string;
}

/**
 * Reads the base URL of an OpenAI-compatible server: everything before `/chat/completions`. An origin alone gets `/v1`, a slash at the
 * end is dropped, a whole route is taken as it stands. The error is one sentence, which never repeats the URL: it may hold a secret.
 */
export function parseBaseUrl(text: string): Result<BaseUrl, string> {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    return err("The base URL must begin with http:// or https://, as in http://127.0.0.1:8000/v1.");
  }
  if (url.username !== "" || url.password !== "") {
    return err("The base URL must hold no user name or password; give a key as apiKey: env:NAME.");
  }
  if (url.search !== "" || url.hash !== "") return err("The base URL must end with its path, without ? or #.");
  return ok({ host: url.host, origin: url.origin, chatPath: chatRoute(url.pathname) });
}

function chatRoute(pathname: string): string {
  const path = pathname.replace(/\/+$/, "");
  if (path.endsWith(chatPath)) return path;
  return `${path === "" ? "/v1" : path}${chatPath}`;
}
