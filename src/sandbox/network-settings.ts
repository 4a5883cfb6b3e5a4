import { access, constants, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createScrubber, Secret, type Scrubber } from "../base/secret.ts";
import { shellQuote } from "./shell-quote.ts";

/** Whose settings: where variables are looked up, and the folder that holds the user's own files. */
export interface NetworkUser {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** What set-up commands need to reach the network as this user does, and nothing else of this host. */
export interface NetworkSettings {
  /** By name, to be readable in `settingsFolder` while set-up runs and never after. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Takes a proxy's password out of what is said of a failure. */
  readonly scrubber: Scrubber;
}

/** Where set-up commands find the files; `environment` among them is to be sourced. */
export const settingsFolder = "/run/apprentice";

const proxies = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"];
const indexes = `PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_NO_INDEX UV_INDEX UV_DEFAULT_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL
  UV_INSECURE_HOST NPM_CONFIG_REGISTRY npm_config_registry YARN_NPM_REGISTRY_SERVER GOPROXY GOSUMDB GONOSUMDB GONOPROXY GOPRIVATE
  RUSTUP_DIST_SERVER RUSTUP_UPDATE_ROOT`.split(/\s+/);
const pipKeys = new Set(["index-url", "extra-index-url", "trusted-host", "no-index", "proxy", "timeout", "retries"]);
const npmKeys = /^(@[\w.-]+:)?registry$|^(https?-)?proxy$|^noproxy$|^no-proxy$|^strict-ssl$/i;
/** Programs differ in which of these they heed. */
const bundleNames = `SSL_CERT_FILE CURL_CA_BUNDLE REQUESTS_CA_BUNDLE PIP_CERT NODE_EXTRA_CA_CERTS GIT_SSL_CAINFO CARGO_HTTP_CAINFO
  npm_config_cafile BUNDLE_SSL_CA_CERT`.split(/\s+/);
const bundlePlaces = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * The user's proxies, package indexes (without passwords) and certificate authorities. A key for an index is not
 * taken: what a dependency runs while it is installed could read it.
 */
export async function readNetworkSettings({ environment, home }: NetworkUser): Promise<NetworkSettings> {
  const proxyNames = proxies.flatMap((name) => [name, name.toUpperCase()]);
  const variables = new Map(definedOf(environment, proxyNames));
  for (const [name, value] of definedOf(environment, indexes)) variables.set(name, withoutPasswords(value));
  const files = new Map<string, Uint8Array>();
  const add = (name: string, content: string | Uint8Array | null, names: readonly string[]): void => {
    if (content === null || content.length === 0) return;
    files.set(name, Buffer.from(content));
    for (const variable of names) variables.set(variable, `${settingsFolder}/${name}`);
  };
  const bundles = [...bundleNames, "NIX_SSL_CERT_FILE"].flatMap((name) => environment[name] ?? []);
  add("ca.pem", await firstOf([...bundles, ...bundlePlaces]), bundleNames);
  add("pip.conf", await pipSettings({ environment, home }), ["PIP_CONFIG_FILE"]);
  const npmrc = environment["NPM_CONFIG_USERCONFIG"] ?? environment["npm_config_userconfig"] ?? join(home, ".npmrc");
  add("npmrc", npmSettings(await textOf(npmrc)), ["NPM_CONFIG_USERCONFIG"]);
  // Its own download user does not exist where one user is all there is.
  add("apt.conf", aptSettings(files.has("ca.pem")), ["APT_CONFIG"]);
  const lines = [...variables].map(([name, value]) => `export ${name}=${shellQuote(value)}\n`);
  files.set("environment", Buffer.from(lines.join("")));
  const passwords = [...variables].flatMap(([name, value]) => passwordsIn(value).map((password) => new Secret(name, password)));
  return { files, scrubber: createScrubber(passwords) };
}

function definedOf(environment: NetworkUser["environment"], names: readonly string[]): [string, string][] {
  return names.flatMap((name): [string, string][] => {
    const value = environment[name];
    return value === undefined || value === "" ? [] : [[name, value]];
  });
}

/** Without the name and password that an address may hold. */
function withoutPasswords(text: string): string {
  return text.replace(/(\w+:\/\/)[^\s/@,]+@/g, "$1");
}

function passwordsIn(text: string): string[] {
  return [...text.matchAll(/\w+:\/\/([^\s/@,]+)@/g)].flatMap(([, user = ""]) => [user, user.slice(user.indexOf(":") + 1)]);
}

/** Of the system's file and the user's, later ones winning; folders of this host are not there. */
async function pipSettings({ environment, home }: NetworkUser): Promise<string | null> {
  const own = environment["PIP_CONFIG_FILE"];
  const config = environment["XDG_CONFIG_HOME"] ?? join(home, ".config");
  const paths = own === undefined ? ["/etc/pip.conf", join(home, ".pip/pip.conf"), join(config, "pip/pip.conf")] : [own];
  const kept = new Map<string, string>();
  for (const path of paths) {
    for (const [key, value] of iniPairs((await textOf(path)) ?? "")) {
      if (pipKeys.has(key) && !value.includes("file:")) kept.set(key, key === "proxy" ? value : withoutPasswords(value));
    }
  }
  return kept.size === 0 ? null : `[global]\n${[...kept].map(([key, value]) => `${key} = ${value}\n`).join("")}`;
}

/** Of `[global]` and `[install]`; a value may go on in lines that begin with white space. */
function iniPairs(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  let isOurs = false;
  for (const line of text.split("\n")) {
    const section = /^\[(.*)\]/.exec(line)?.[1];
    if (section !== undefined) isOurs = section === "global" || section === "install";
    if (!isOurs || section !== undefined || /^\s*([#;]|$)/.test(line)) continue;
    const pair = /^([\w-]+)\s*[=:]\s*(.*)$/.exec(line);
    const last = pairs.at(-1);
    if (pair !== null) pairs.push([(pair[1] ?? "").replaceAll("_", "-").toLowerCase(), (pair[2] ?? "").trim()]);
    else if (last !== undefined) last[1] = `${last[1]} ${line.trim()}`.trim();
  }
  return pairs;
}

function npmSettings(text: string | null): string {
  const lines = (text ?? "").split("\n").flatMap((line) => {
    const [key = "", value = ""] = line.split(/=(.*)/).map((part) => part.trim());
    if (!npmKeys.test(key)) return [];
    return [`${key}=${/proxy/i.test(key) ? value : withoutPasswords(value)}\n`];
  });
  return lines.join("");
}

function aptSettings(hasBundle: boolean): string {
  const bundle = hasBundle ? `Acquire::https::CAInfo "${settingsFolder}/ca.pem";\n` : "";
  return `APT::Sandbox::User "root";\n${bundle}`;
}

async function textOf(path: string): Promise<string | null> {
  return await readFile(path, "utf8").catch(() => null);
}

async function firstOf(paths: readonly string[]): Promise<Uint8Array | null> {
  for (const path of paths) {
    const isReadable = await access(path, constants.R_OK).then(
      () => true,
      () => false,
    );
    const content = isReadable ? await readFile(path).catch(() => null) : null;
    if (content !== null) return content;
  }
  return null;
}
