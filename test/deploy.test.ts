import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { skippedIf } from "../src/base/skipped-if.conformance.ts";
import { temporaryFolder } from "./e2e/command-line.ts";

const root = join(import.meta.dirname, "..");
const at = (...parts: readonly string[]): string => join(root, "deploy", ...parts);
const python = join(root, "node_modules", ".python-for-tests", "bin", "python");

function why(program: string): string | null {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0
    ? null
    : `${program} is not installed (CI=true npm test installs it)`;
}

const noValidator = existsSync(python) && spawnSync(python, ["-c", "import kubernetes_validate"]).status === 0;

describe("deploy", () => {
  const compose = (environment: Readonly<Record<string, string>>) =>
    spawnSync("docker-compose", ["-f", at("compose.yaml"), "config"], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], ...environment },
    });

  test("compose.yaml is one that docker-compose takes, and does not begin without a password", skippedIf(why("docker-compose")), () => {
    const taken = compose({ APPRENTICE_DB_PASSWORD: "letters", TEACHER_KEY: "k" });
    expect(taken).toMatchObject({ status: 0, stderr: "" });
    expect(taken.stdout).toContain("postgres://apprentice:letters@postgres:5432/apprentice");
    expect(taken.stdout).toMatch(/127\.0\.0\.1:5432/);
    expect(compose({ TEACHER_KEY: "k" })).toMatchObject({ status: 1 });
  });

  test(
    "the manifests of Kubernetes are valid",
    skippedIf(noValidator ? null : "kubernetes-validate is not installed (CI=true npm test installs it)"),
    () => {
      const path = at("kubernetes", "workers.yaml");
      const checked = spawnSync(python, ["-m", "kubernetes_validate", "--strict", path], { encoding: "utf8" });
      expect(checked.status, checked.stdout + checked.stderr).toBe(0);
      expect(parseAllDocuments(readFileSync(path, "utf8"))).toHaveLength(2);
      const broken = readFileSync(path, "utf8").replace("replicas: 4", "replica: 4");
      const refused = spawnSync(python, ["-m", "kubernetes_validate", "--strict", "/dev/stdin"], { encoding: "utf8", input: broken });
      expect(refused.status).not.toBe(0);
    },
  );

  test("the Slurm script passes shellcheck, says what it needs, and hands a signal on", skippedIf(why("shellcheck")), async () => {
    const path = at("slurm", "workers.sbatch");
    execFileSync("shellcheck", [path]);
    const lacking = spawnSync("bash", [path], { encoding: "utf8", env: { PATH: process.env["PATH"], HOME: "/nowhere" } });
    expect([lacking.status, lacking.stderr]).toEqual([2, expect.stringContaining("APPRENTICE_DATABASE_URL=")]);

    await using folder = await temporaryFolder();
    const worker = `#!/bin/bash\ntrap 'echo "given back"; exit 143' TERM\necho "$* $TEACHER_KEY $TMPDIR"\nwhile :; do sleep 0.05; done\n`;
    writeFileSync(join(folder.path, "apprentice"), worker, { mode: 0o755 });
    writeFileSync(join(folder.path, "fleet.env"), "TEACHER_KEY='a key'\n");
    const environment = { APPRENTICE_ENVIRONMENT: join(folder.path, "fleet.env"), SLURM_CPUS_PER_TASK: "8", TMPDIR: folder.path };
    const script = spawn("bash", [path], {
      env: { ...environment, PATH: `${folder.path}:${process.env["PATH"]}` },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    script.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    await expect.poll(() => said).toContain(folder.path);
    script.kill("SIGTERM");
    expect((await once(script, "close"))[0]).toBe(143);
    expect(said).toMatch(/^worker --concurrency 32 --idle-seconds 600 a key .*\ngiven back\n$/);
    expect(readdirSync(folder.path).toSorted()).toEqual(["apprentice", "fleet.env"]);
  });

  test("every variable and flag that they use is one of worker", () => {
    const help = execFileSync(process.execPath, [join(root, "bin", "apprentice.js"), "worker", "--help"], { encoding: "utf8" });
    const texts = ["compose.yaml", "kubernetes/workers.yaml", "slurm/workers.sbatch"].map((name) => readFileSync(at(name), "utf8"));
    const flags = new Set(texts.flatMap((text) => text.match(/--(?:concurrency|idle-[a-z]+|database-[a-z-]+)/g) ?? []));
    expect([...flags].toSorted()).toEqual(["--concurrency", "--idle-seconds"]);
    for (const flag of flags) expect(help).toContain(flag);
    for (const text of texts) expect(text).toContain("APPRENTICE_DATABASE_URL");
  });
});
