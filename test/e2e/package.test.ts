import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "./command-line.ts";
import { smallRepository } from "./small-repository.ts";

const root = join(import.meta.dirname, "..", "..");

/** A Node older than 24 on this machine, or null. */
function olderNode(): string | null {
  for (const folder of (process.env["PATH"] ?? "").split(":")) {
    const path = join(folder, "node");
    if (folder.includes("node_modules") || !existsSync(path)) continue;
    const version = spawnSync(path, ["-p", "process.versions.node"], { encoding: "utf8" }).stdout.trim();
    if (version !== "" && Number(version.split(".")[0]) < 24) return path;
  }
  return null;
}

it("the packed tarball works where it is installed", { timeout: 300_000 }, async () => {
  await using folder = await temporaryFolder();
  // Packed from a copy, so that dist/ never appears beside the sources that other tests run.
  const copy = join(folder.path, "copy");
  for (const name of readdirSync(root)) {
    if (["node_modules", ".git", "runs", "dist"].includes(name)) continue;
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const path = `${dirname(process.execPath)}:${process.env["PATH"]}`;
  const environment = { ...process.env, PATH: path };
  const packed = execFileSync("npm", ["pack", "--json", "--pack-destination", folder.path], {
    cwd: copy,
    encoding: "utf8",
    env: environment,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [tarball] = JSON.parse(packed.slice(packed.indexOf("["))) as { filename: string; files: { path: string }[] }[];
  expect(tarball?.files.some((file) => /^dist\/.*(\.test\.|conformance)/.test(file.path))).toBe(false);
  const home = join(folder.path, "home");
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--prefix", home, join(folder.path, tarball?.filename ?? "")], {
    env: environment,
    stdio: "ignore",
  });
  const bin = join(home, "node_modules", ".bin", "apprentice");
  const run = (args: readonly string[]): string =>
    execFileSync(process.execPath, [bin, ...args], { cwd: home, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

  expect(run(["--version"])).toMatch(/^apprentice \d/);
  const repository = smallRepository(join(folder.path, "repository"));
  expect(run(["functions", repository, "--json"]).trim().split("\n")).toHaveLength(15);
  const demo = JSON.parse(run(["demo", "--lineages", "3", "--json"]).trim().split("\n").at(-1) ?? "") as {
    lineages: object;
    samples: number;
  };
  expect(demo.lineages).toMatchObject({ total: 3, unfinished: 0, failed: 0 });

  run(["init", "--yes", "--repo", repository]);
  const [modeline = ""] = readFileSync(join(home, "apprentice.yaml"), "utf8").split("\n");
  const schema = join(home, modeline.replace("# yaml-language-server: $schema=", ""));
  expect(JSON.parse(readFileSync(schema, "utf8"))).toMatchObject({ title: "apprentice.yaml" });

  const script = `import { comparePatches } from "apprentice"; import { createBubblewrap } from "apprentice/bubblewrap"; console.log(comparePatches("", "").ok, typeof createBubblewrap);`;
  expect(execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: home, encoding: "utf8" })).toBe("true function\n");

  const worker = spawnSync(process.execPath, [bin, "worker"], {
    cwd: home,
    encoding: "utf8",
    env: { ...environment, APPRENTICE_DATABASE_URL: "postgres://127.0.0.1:1/x" },
  });
  expect([worker.status, worker.stderr]).toEqual([1, expect.stringContaining("npm install pg pg-boss")]);

  const older = olderNode();
  if (older === null) return console.warn("no Node older than 24 here: its sentence is not seen");
  const refused = spawnSync(older, [bin, "--version"], { encoding: "utf8" });
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(/^Apprentice needs Node 24 or newer, and this is Node [\d.]+: .*\n$/);
});
