import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Result } from "../../base/result.ts";
import type { SandboxCheck } from "../sandbox.ts";
import { Engine } from "./engine.ts";
import type { EngineAddress } from "./engine-address.ts";
import { unreachable } from "./engine-failure.ts";
import { limitsOf, readInfo, type EngineInfo } from "./engine-limits.ts";
import { EngineProblem } from "./engine-problem.ts";

const answerMs = 15_000;

/** What `doctor` says: the engine, and which limits it can keep. Never throws. */
export async function probeDocker(address: Result<EngineAddress, string>): Promise<SandboxCheck[]> {
  const check = "container engine";
  if (!address.ok) return [{ check, ok: false, detail: address.error.replace(/\.$/, ""), mend: startIt }];
  const engine = new Engine(address.value);
  try {
    const info = await readInfo(engine, AbortSignal.timeout(answerMs));
    return [engineCheck(engine, info), await tarCheck(), ...limitChecks(info)];
  } catch (error) {
    const problem = error instanceof EngineProblem ? error : new EngineProblem(error instanceof Error ? error.message : String(error));
    const { message } = unreachable(engine.name, problem).error;
    const [detail = message, mend = startIt] = message.split(/: (?=start it|join the group)/);
    return [{ check, ok: false, detail, mend: mend.replace(/\.$/, "") }];
  }
}

const startIt = "start Docker or podman, or set DOCKER_HOST";

function engineCheck(engine: Engine, info: EngineInfo): SandboxCheck {
  const check = "container engine";
  const rootless = info.SecurityOptions?.some((option) => option.includes("rootless")) === true ? ", rootless" : "";
  const cgroups = `cgroup v${info.CgroupVersion} by ${info.CgroupDriver}`;
  const detail = `version ${info.ServerVersion} at ${engine.name}${rootless}, ${info.OperatingSystem}, ${cgroups}, storage ${info.Driver}`;
  if (info.OSType === "linux") return { check, ok: true, detail, mend: null };
  return { check, ok: false, detail: `${detail}: it runs ${info.OSType} containers`, mend: "switch it to Linux containers" };
}

async function tarCheck(): Promise<SandboxCheck> {
  const found = await promisify(execFile)("tar", ["--version"]).catch(() => null);
  const works = found !== null && /GNU|bsdtar/.test(found.stdout);
  const detail = found === null ? "the program tar is not there" : (found.stdout.split("\n")[0] ?? "");
  return { check: "tar", ok: works, detail, mend: works ? null : "install GNU tar" };
}

function limitChecks(info: EngineInfo): SandboxCheck[] {
  const limits = limitsOf(info);
  const held = (check: string, kept: boolean, mend: string): SandboxCheck => ({
    check,
    ok: true,
    detail: kept ? "of the sandbox, by cgroup" : "not enforced: the engine says it cannot",
    mend: kept ? null : mend,
  });
  const delegate = "let the engine use this controller (cgroup v2 and delegation, for a rootless one)";
  return [
    held("memory limit", limits.memory, delegate),
    held("process limit", limits.processes, delegate),
    {
      check: "disk limit",
      ok: true,
      detail:
        limits.disk === false
          ? `of each file, not of the workspace as a whole: the storage ${info.Driver} keeps no quota here; /tmp is bounded`
          : `of the workspace, if the storage ${info.Driver} keeps quotas (tried when the first sandbox opens), and of each file`,
      mend: limits.disk === false ? "put the engine's data on xfs mounted with pquota" : null,
    },
  ];
}
