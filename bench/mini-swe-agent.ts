import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const place = "node_modules/.peers-for-bench";
const python = join(place, "bin", "python");
const packages = ["mini-swe-agent==2.4.6", "litellm==1.106.2", "mcp==2.3.0"];

/** The peer's own agent, environments and model client on the same task and teacher: a trajectory saved at each step, as it does. */
const driver = `
import json, os, resource, sys, tempfile, threading, time
from pathlib import Path
os.environ.update(MSWEA_COST_TRACKING="ignore_errors", MSWEA_SILENT_STARTUP="1", LITELLM_LOCAL_MODEL_COST_MAP="True")
import yaml
from minisweagent import package_dir
from minisweagent.agents.default import DefaultAgent
from minisweagent.environments.docker import DockerEnvironment
from minisweagent.environments.extra.bubblewrap import BubblewrapEnvironment
from minisweagent.models.litellm_model import LitellmModel
url, kind, image, tasks, workers = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
agent_settings = yaml.safe_load((package_dir / "config" / "mini.yaml").read_text())["agent"]
templates = {name: agent_settings[name] for name in ("system_template", "instance_template")}
folder, waiting, lock, steps = Path(tempfile.mkdtemp()), list(range(tasks)), threading.Lock(), 0
def follow(task):
    model = LitellmModel(model_name="openai/scripted", model_kwargs={"api_base": url, "api_key": "none"}, cost_tracking="ignore_errors")
    env = BubblewrapEnvironment() if kind == "bubblewrap" else DockerEnvironment(image=image)
    agent = DefaultAgent(model, env, output_path=folder / f"{task}.json", **templates)
    done = agent.run(f"bench:21 (task {task})")
    if done.get("exit_status") != "Submitted":
        raise SystemExit(f"ended with {done}")
    return agent.n_calls
def work():
    global steps
    while True:
        with lock:
            if not waiting:
                return
            task = waiting.pop()
        taken = follow(task)
        with lock:
            steps += taken
follow("warm")
started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
threads = [threading.Thread(target=work) for _ in range(workers)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
after = resource.getrusage(resource.RUSAGE_SELF)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps({"steps": steps, "wallSeconds": time.monotonic() - started, "cpuSeconds": cpu, "maxRssMiB": after.ru_maxrss / 1024}))
`;

export interface PeerRow {
  readonly steps: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly maxRssMiB: number;
}

/** Installs mini-swe-agent from PyPI once; why it cannot be measured here, or null. */
export function whyNoPeer(): string | null {
  if (existsSync(python)) return null;
  const made = spawnSync("python3", ["-m", "venv", place]);
  if (made.status !== 0) return "python3 -m venv does not work here";
  const installed = spawnSync(python, ["-m", "pip", "install", "-q", ...packages]);
  return installed.status === 0 ? null : "mini-swe-agent could not be installed from PyPI";
}

/** Its steps on the benchmark's 21-step task. `image`: docker's; null: bubblewrap. Null: it did not come to its end. */
export function measurePeer(
  openaiBaseUrl: string,
  image: string | null,
  { tasks, workers }: { tasks: number; workers: number },
): PeerRow | null {
  const kind = image === null ? "bubblewrap" : "docker";
  const argv = ["-c", driver, openaiBaseUrl, kind, image ?? "", String(tasks), String(workers)];
  const { status, stdout } = spawnSync(python, argv, { encoding: "utf8" });
  return status === 0 ? (JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as PeerRow) : null;
}
