import { err } from "../../base/result.ts";
import { failure, type Failure } from "../../records/failure.ts";
import type { EngineProblem } from "./engine-problem.ts";

type Failed = { readonly ok: false; readonly error: Failure };

/** The engine is not there, or lets us not in: every lineage meets that. */
export function unreachable(name: string, { message, code }: { readonly message: string; readonly code: string | null }): Failed {
  const reason =
    code === "EACCES"
      ? `This user may not use the container engine at ${name}: join the group that owns it (usermod -aG docker $USER), or use a rootless engine.`
      : `The container engine at ${name} does not answer (${message.slice(0, 200)}): start it, or set DOCKER_HOST.`;
  return refused("engine-unreachable", reason, { retryable: true });
}

/** Why a sandbox could not be opened, from what an engine said that still answers. */
export function openingFailure({ message, status }: EngineProblem, of: { readonly image: string; readonly isProven: boolean }): Failed {
  const { image, isProven } = of;
  if (isDiskFull(message)) return refused("engine-disk-full", `The container engine's disk is full: ${message}`, { retryable: true });
  if (/exec format error/i.test(message))
    return refused("image-not-for-this-machine", `The image ${image} is for another kind of processor: ${message}`);
  if (
    /executable file not found|exec: "?sh"?.*(no such file|not found|permission denied)|unable to start container process.*sh|stat sh/i.test(
      message,
    )
  )
    return refused("image-has-no-shell", `The image ${image} has no shell (sh), which a sandbox needs: ${message}`);
  const passing =
    /EAGAIN|resource temporarily unavailable|timed? ?out|cannot allocate memory/i.test(message) || status === null || isProven;
  const said = `A sandbox of the image ${image} did not start: ${message}`;
  return passing ? err(failed("sandbox-not-opened", said, { retryable: true })) : refused("image-not-started", said);
}

export function isDiskFull(words: string): boolean {
  return /no space left on device|disk quota exceeded/i.test(words);
}

/** A cause that concerns the whole run. */
export function refused(code: string, message: string, parts: Partial<Failure> = {}): Failed {
  return err(failed(code, message, { wholeRun: true, ...parts }));
}

function failed(code: string, message: string, parts: Partial<Failure>): Failure {
  return failure({ boundary: "sandbox", code, message: oneLine(message), ...parts });
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 600 ? `${line.slice(0, 599)}…` : line;
}
