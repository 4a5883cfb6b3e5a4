// Installs what the checkout needs, quietly and once: npm packages always, bubblewrap where we may, and with CI=true what only tests
// need. Plain JavaScript for Node 20.
import { spawnSync } from "node:child_process";
import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** By its package: npm 9 and 10 make no `.bin/node`, as the package of the other processor has a claim on that name too. */
export const node = join(root, "node_modules", `node-linux-${process.arch}`, "bin", "node");

export function install() {
  installPackages();
  installBubblewrap();
  if (process.env.CI === "true") installForTests();
}

function installPackages() {
  const done = join(root, "node_modules", ".package-lock.json");
  const wanted = join(root, "package-lock.json");
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(wanted).mtimeMs) return;
  process.stderr.write("Installing npm packages …\n");
  const { status, stdout, stderr } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: root, encoding: "utf8" });
  if (status === 0) return;
  process.stderr.write(`${stdout}${stderr}\nnpm ci failed: see its words above, then run this command again.\n`);
  process.exit(1);
}

function installBubblewrap() {
  if (process.platform !== "linux" || found("bwrap")) return;
  const byHand = "apt-get install bubblewrap";
  if (process.getuid() !== 0 || !found("apt-get")) {
    process.stderr.write(`bubblewrap is not installed, so commands of an agent cannot be isolated here. To install it: sudo ${byHand}\n`);
    return;
  }
  process.stderr.write("Installing bubblewrap …\n");
  if (!aptInstall(["bubblewrap"])) process.stderr.write(`bubblewrap could not be installed; to try by hand: ${byHand}\n`);
}

/**
 * Tests start an engine and a database of their own, and make images of busybox and of Debian's packages; one makes a clock jump; those
 * of completion ask the shells themselves. Without all that they are skipped.
 */
function installForTests() {
  const wanted = {
    dockerd: "docker.io",
    busybox: "busybox-static",
    debootstrap: "debootstrap",
    faketime: "faketime",
    zsh: "zsh",
    fish: "fish",
    podman: "podman",
    pg_ctlcluster: "postgresql",
    "docker-compose": "docker-compose",
    shellcheck: "shellcheck",
  };
  const packages = Object.keys(wanted).flatMap((program) => (found(program) ? [] : [wanted[program]]));
  installPython();
  if (packages.length === 0 || process.platform !== "linux" || process.getuid() !== 0 || !found("apt-get")) return;
  process.stderr.write(`Installing ${packages.join(", ")} for tests …\n`);
  if (!aptInstall(packages))
    process.stderr.write(`Not all of ${packages.join(", ")} could be installed: tests that need them are skipped.\n`);
}

/** What loads exported data in tests as a trainer does, and what knows the manifests of Kubernetes. In node_modules, so that a new `npm ci` makes it anew. */
const pythonPackages = ["transformers==5.23.0", "datasets==5.2.0", "pyarrow==26.0.1", "jinja2==3.1.6", "kubernetes-validate==1.37.0"];

function installPython() {
  const folder = join(root, "node_modules", ".python-for-tests");
  const done = join(folder, "installed");
  if (!found("python3") || existsSync(done)) return;
  process.stderr.write("Installing Python packages for tests …\n");
  const quiet = (program, ...args) => spawnSync(program, args, { stdio: "ignore", timeout: 600_000 }).status === 0;
  const pip = join(folder, "bin", "pip");
  if (quiet("python3", "-m", "venv", folder) && quiet(pip, "install", "--quiet", ...pythonPackages)) writeFileSync(done, "");
  else {
    rmSync(folder, { recursive: true, force: true });
    process.stderr.write(`${pythonPackages.join(", ")} could not be installed: tests that need them are skipped.\n`);
  }
}

function aptInstall(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args) => spawnSync("apt-get", ["-qq", "-y", ...args], { env, stdio: "ignore", timeout: 300_000 }).status === 0;
  const install = () => apt("install", "--no-install-recommends", ...packages);
  return install() || (apt("update") && install());
}

function found(program) {
  return spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;
}

/** Runs a program of the checkout under its own Node 24 and ends with its status. */
export function runAndExit(args) {
  const { status, signal } = spawnSync(existsSync(node) ? node : process.execPath, args, { cwd: root, stdio: "inherit" });
  process.exit(status ?? (signal === "SIGINT" ? 130 : 1));
}
