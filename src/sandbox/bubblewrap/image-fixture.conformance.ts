import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A root file system of a few programs of this host and the libraries they name: no bash, no git, no Python. */
export function makeRoot(folder: string): void {
  for (const name of ["usr/bin", "etc", "opt/tool", "dev", "proc", "tmp"]) mkdirSync(join(folder, name), { recursive: true });
  symlinkSync("usr/bin", join(folder, "bin"));
  writeFileSync(join(folder, "etc/passwd"), "root:x:0:0::/:/bin/sh\nworker:x:1000:1000::/tmp:/bin/sh\n");
  writeFileSync(join(folder, "opt/tool/version"), "of the image\n");
  for (const name of ["dash", "head", "cat", "ls", "id", "rm", "sleep", "whoami"]) {
    const program = execFileSync("/bin/sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    copyWithLibraries(program, join(folder, "usr/bin", name === "dash" ? "sh" : name), folder);
  }
}

function copyWithLibraries(program: string, target: string, folder: string): void {
  cpSync(realpathSync(program), target);
  const listed = execFileSync("ldd", [program], { encoding: "utf8" });
  for (const [library] of listed.matchAll(/\/\S+\.so\S*/g)) {
    const place = join(folder, library);
    mkdirSync(dirname(place), { recursive: true });
    cpSync(realpathSync(library), place);
  }
}

/** What `docker save` writes of an image with these layers, lowest first; the second is compressed, as newer versions do. */
export function saveLayers(layers: readonly string[], scratch: string): string {
  const saved = join(scratch, "saved");
  const names = layers.map((_, index) => `blobs/layer-${index}`);
  mkdirSync(join(saved, "blobs"), { recursive: true });
  layers.forEach((layer, index) => {
    execFileSync("tar", [index === 1 ? "-czf" : "-cf", join(saved, names[index] ?? ""), "-C", layer, "."]);
  });
  writeFileSync(join(saved, "manifest.json"), JSON.stringify([{ Config: "blobs/config", RepoTags: ["x:latest"], Layers: names }]));
  execFileSync("tar", ["-cf", join(scratch, "saved.tar"), "-C", saved, "."]);
  return join(scratch, "saved.tar");
}
