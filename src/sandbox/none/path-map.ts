import { workspacePath } from "../../records/workspace-path.ts";

/**
 * Between the paths that agents know and a folder of this host. A path begins where no letter, digit or other part of a path stands
 * before it, and ends where none goes on with it: `/testbed/a` and `"/testbed"` are meant, `/testbeds` and `x/testbed` are not.
 */
export class PathMap {
  readonly #folders: { readonly workspace: string; readonly home: string };
  readonly #toSandbox: readonly (readonly [RegExp, string])[];

  /** `home` is what commands know as /tmp. Both as `realpath` gives them, because commands print them so. */
  constructor(folders: { readonly workspace: string; readonly home: string }) {
    this.#folders = folders;
    this.#toSandbox = [
      [hostPath(folders.workspace), workspacePath],
      [hostPath(folders.home), "/tmp"],
    ];
  }

  /** In a command, or a path by itself. */
  toHost(text: string): string {
    return text.replace(/(?<![\w.~/-])\/(testbed|tmp)(?![\w-]|\.\w)/g, (path) =>
      path === workspacePath ? this.#folders.workspace : this.#folders.home,
    );
  }

  toSandbox(text: string): string {
    return this.#toSandbox.reduce((mapped, [path, known]) => mapped.replace(path, known), text);
  }
}

function hostPath(path: string): RegExp {
  return new RegExp(`${path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w-])`, "g");
}
