import { insideId, type SupportFiles } from "./support-files.ts";

/** One thing at the top of the sandbox's root: a folder or file of an image, or a link. */
export type RootEntry =
  | { readonly kind: "bind"; readonly source: string; readonly path: string }
  | { readonly kind: "link"; readonly target: string; readonly path: string };

export interface RootFolder {
  readonly entries: readonly RootEntry[];
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

/**
 * The sandbox as bubblewrap's arguments. Process 1 is our supervisor itself (`--as-pid-1`): bubblewrap's own would show its
 * launcher's environment in /proc/1. The root and /dev are made read-only at the end, as bubblewrap leaves them writable and unbounded.
 */
export function bwrapArguments(parts: {
  readonly root: RootFolder;
  readonly support: SupportFiles;
  readonly workspaceMiB: number;
}): string[] {
  const accounts = parts.root.ownAccounts
    ? []
    : ["--ro-bind", parts.support.passwd, "/etc/passwd", "--ro-bind", parts.support.group, "/etc/group"];
  const isolation = `--unshare-all --unshare-user --uid ${insideId} --gid ${insideId} --disable-userns --die-with-parent --new-session
    --as-pid-1 --cap-drop ALL --hostname sandbox --clearenv`;
  const mounts = `--proc /proc --dev /dev --size ${64 * 1024 * 1024} --tmpfs /dev/shm --remount-ro /dev
    --perms 1777 --size ${parts.workspaceMiB * 1024 * 1024} --tmpfs /tmp
    --bind /sys/merged /testbed --remount-ro / --chdir /testbed ${parts.root.shell} /init`;
  return [
    ...isolation.split(/\s+/),
    ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]),
    ...(parts.root.ownAccounts ? [] : ["--perms", "0755", "--dir", "/etc"]),
    ...parts.root.entries.flatMap((entry) =>
      entry.kind === "bind" ? ["--ro-bind", entry.source, entry.path] : ["--symlink", entry.target, entry.path],
    ),
    ...accounts,
    "--ro-bind",
    parts.support.supervisor,
    "/init",
    ...mounts.split(/\s+/),
  ];
}
