import { settingsFolder } from "../network-settings.ts";
import { insideId, type SupportFiles } from "./support-files.ts";

/** One thing at the top of the sandbox's root: a folder or file of an image, or a link. */
export type RootEntry =
  | { readonly kind: "bind"; readonly source: string; readonly path: string }
  | { readonly kind: "link"; readonly target: string; readonly path: string };

export interface RootFolder {
  readonly entries: readonly RootEntry[];
  /** Whose programs: this host's, or an image's. */
  readonly of: "host" | "image";
  /** Has its own /etc/passwd. */
  readonly ownAccounts: boolean;
  readonly shell: "bash" | "sh";
}

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What every command finds in its environment, and nothing else. */
const environment: Readonly<Record<string, string>> = {
  PATH: path,
  HOME: "/tmp",
  LANG: "C.UTF-8",
  LC_ALL: "C.UTF-8",
  PAGER: "cat",
  GIT_PAGER: "cat",
  MANPAGER: "cat",
};

/** How a sandbox's root and files look to bubblewrap, whoever works in it. */
interface Parts {
  readonly root: RootFolder;
  readonly support: SupportFiles;
}

/**
 * The sandbox as bubblewrap's arguments. Process 1 is our supervisor itself (`--as-pid-1`): bubblewrap's own would show its
 * launcher's environment in /proc/1. The root and /dev are made read-only at the end, as bubblewrap leaves them writable and unbounded.
 * `layered`: set-up has made the root, and it stands at /sys/root (enter-layers.sh).
 */
export function bwrapArguments(parts: Parts & { readonly workspaceMiB: number; readonly layered: boolean }): string[] {
  const { root, layered } = parts;
  const mounts = `--proc /proc --dev /dev --size ${64 * 1024 * 1024} --tmpfs /dev/shm --remount-ro /dev
    --perms 1777 --size ${parts.workspaceMiB * 1024 * 1024} --tmpfs /tmp
    --bind /sys/merged /testbed --remount-ro / --chdir /testbed ${root.shell} /init`;
  return [
    ...words(`--unshare-all ${isolation(insideId)}`),
    ...variables(environment),
    ...(root.ownAccounts || layered ? [] : ["--perms", "0755", "--dir", "/etc"]),
    ...(layered ? ["--ro-bind", "/sys/root", "/", ...besideLayers(root)] : root.entries.flatMap(bound)),
    ...files(parts),
    ...words(mounts),
  ];
}

/** What install scripts of packages take for granted of root; all within the sandbox's own accounts. */
const buildCapabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SYS_CHROOT"];

/**
 * The sandbox in which set-up commands make the layers of `folder`: as root, with the network as this host has it, and with the
 * settings for it that nothing else sees.
 */
export function buildArguments(parts: Parts & { readonly folder: string }): string[] {
  const { root, folder } = parts;
  return [
    ...words(`--unshare-all --share-net ${isolation(0)}`),
    ...buildCapabilities.flatMap((name) => ["--cap-add", `CAP_${name}`]),
    ...variables({ ...environment, HOME: "/root" }),
    ...words("--bind /sys/root /"),
    ...besideLayers(root),
    ...files(parts),
    ...words("--proc /proc --dev /dev --perms 1777 --tmpfs /dev/shm --tmpfs /run"),
    ...mounted("--bind", `${folder}/tmp`, "/tmp"),
    ...mounted("--ro-bind", `${folder}/settings`, settingsFolder),
    ...mounted("--ro-bind", `${folder}/resolv.conf`, "/etc/resolv.conf"),
    ...words(`--bind /sys/merged /testbed --chdir /testbed ${root.shell} /init`),
  ];
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

function isolation(id: number): string {
  return `--unshare-user --uid ${id} --gid ${id} --disable-userns --die-with-parent --new-session
    --as-pid-1 --cap-drop ALL --hostname sandbox --clearenv`;
}

function variables(named: Readonly<Record<string, string>>): string[] {
  return Object.entries(named).flatMap(([name, value]) => ["--setenv", name, value]);
}

function mounted(option: "--bind" | "--ro-bind", source: string, path: string): string[] {
  return [option, source, path];
}

function bound(entry: RootEntry): string[] {
  return entry.kind === "bind" ? ["--ro-bind", entry.source, entry.path] : ["--symlink", entry.target, entry.path];
}

/** What of the host's programs is not under /usr; an image is all in its layers. */
function besideLayers({ entries, of }: RootFolder): string[] {
  return of === "image" ? [] : entries.filter((entry) => entry.kind === "bind" && entry.path !== "/usr").flatMap(bound);
}

function files({ root, support }: Parts): string[] {
  const accounts = root.ownAccounts ? [] : ["--ro-bind", support.passwd, "/etc/passwd", "--ro-bind", support.group, "/etc/group"];
  return [...accounts, "--ro-bind", support.supervisor, "/init"];
}
