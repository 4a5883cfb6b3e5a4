import { spawnSync } from "node:child_process";

/** The same commands by Python's bare `subprocess`, one shell each: no agent, no model, no sandbox. */
const driver = `
import json, resource, subprocess, sys, threading, time
tasks, workers = int(sys.argv[1]), int(sys.argv[2])
waiting, lock = list(range(tasks)), threading.Lock()
def work():
    while True:
        with lock:
            if not waiting:
                return
            waiting.pop()
        for step in range(1, 22):
            subprocess.run(["bash", "-c", f"echo step {step}"], capture_output=True, check=True)
subprocess.run(["true"])
started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
threads = [threading.Thread(target=work) for _ in range(workers)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
after = resource.getrusage(resource.RUSAGE_SELF)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps({"steps": 21 * tasks, "wallSeconds": time.monotonic() - started, "cpuSeconds": cpu, "maxRssMiB": after.ru_maxrss / 1024}))
`;

export interface FloorRow {
  readonly steps: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly maxRssMiB: number;
}

/** What running the benchmark's commands costs a process at least. Null: there is no Python here. */
export function measureFloor({ tasks, workers }: { readonly tasks: number; readonly workers: number }): FloorRow | null {
  const { status, stdout } = spawnSync("python3", ["-c", driver, String(tasks), String(workers)], { encoding: "utf8" });
  return status === 0 ? (JSON.parse(stdout) as FloorRow) : null;
}
