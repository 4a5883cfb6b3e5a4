import PQueue from "p-queue";
import { sha256Hex } from "../../base/hash.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../records/failure.ts";
import { readDockerfile, type Dockerfile } from "../dockerfile.ts";
import { lastLines } from "../last-lines.ts";
import { readNetworkSettings, type NetworkUser } from "../network-settings.ts";
import type { SnapshotFolder } from "../sandbox.ts";
import { notOpened } from "../sandbox-failure.ts";
import { SingleFlight } from "../single-flight.ts";
import { readBuildContext, tarOfContext, type BuildContext } from "./build-context.ts";
import { BuildWords } from "./build-words.ts";
import type { Engine } from "./engine.ts";
import { isDiskFull } from "./engine-failure.ts";
import { EngineProblem } from "./engine-problem.ts";
import { goesAway } from "./goes-away.ts";
import type { ImageDisk } from "./image-disk.ts";
import { inspectImage } from "./inspect-image.ts";
import { labelNames } from "./names.ts";
import { keepStages, removeMade, standingOf } from "./steps-of-build.ts";

export interface BuiltImagesParts {
  readonly engine: Engine;
  readonly disk: ImageDisk;
  readonly networkUser: NetworkUser;
}

interface BuildOrder {
  readonly key: string;
  readonly dockerfile: Dockerfile;
  readonly context: BuildContext;
  readonly timeoutMs: number;
}

/** Changes with how an image is built. */
const recipe = 1;
const repository = "apprentice-build";
/** Each has the network and processors of the host to itself. */
const buildsAtOnce = 2;
/** What the engine knows without a line in the Dockerfile, and keeps out of the image. */
const proxyNames = ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy"].flatMap((name) => [name, name.toUpperCase()]);

/** Builds a Dockerfile once for each state of the files that it may copy. */
export class BuiltImages {
  readonly #parts: BuiltImagesParts;
  readonly #flights = new SingleFlight<Result<string, Failure>>();
  readonly #queue = new PQueue({ concurrency: buildsAtOnce });
  /** A run builds what it began with, whatever becomes of the file. */
  readonly #read = new Map<string, Dockerfile>();
  readonly #contexts = new Map<string, BuildContext>();
  readonly #known = new Map<string, string>();

  constructor(parts: BuiltImagesParts) {
    this.#parts = parts;
  }

  /** What the image is, before it is built. */
  async identity(path: string): Promise<Result<string, Failure>> {
    const dockerfile = await this.#dockerfile(path);
    return dockerfile.ok ? ok(`dockerfile:${dockerfile.value.hash}`) : dockerfile;
  }

  forget(path: string): void {
    for (const key of this.#known.keys()) if (key.startsWith(`${path}\n`)) this.#known.delete(key);
  }

  /** The image's id. `timeoutMs`: for a build. Throws an EngineProblem, or what the signal was stopped with. */
  async find(
    wanted: { readonly path: string; readonly snapshot: SnapshotFolder; readonly timeoutMs: number },
    signal: AbortSignal,
  ): Promise<Result<string, Failure>> {
    const { path, snapshot, timeoutMs } = wanted;
    const what = `${path}\n${snapshot.id}`;
    const known = this.#known.get(what);
    if (known !== undefined) return ok(known);
    const dockerfile = await this.#dockerfile(path);
    if (!dockerfile.ok) return dockerfile;
    const context = await this.#context(dockerfile.value, snapshot, signal);
    if (!context.ok) return context;
    const key = sha256Hex(JSON.stringify([recipe, dockerfile.value.text, context.value.hash])).slice(0, 32);
    const order = { key, dockerfile: dockerfile.value, context: context.value, timeoutMs };
    const built = await this.#flights.run(key, (until) => this.#find(order, until), signal);
    if (!built.ok) return built;
    this.#known.set(what, built.value);
    await this.#parts.disk.used(built.value);
    return built;
  }

  async #dockerfile(path: string): Promise<Result<Dockerfile, Failure>> {
    const before = this.#read.get(path);
    if (before !== undefined) return ok(before);
    const read = await readDockerfile(path);
    if (read.ok) this.#read.set(path, read.value);
    return read;
  }

  async #context(dockerfile: Dockerfile, snapshot: SnapshotFolder, signal: AbortSignal): Promise<Result<BuildContext, Failure>> {
    const what = `${dockerfile.path}\n${snapshot.id}`;
    const before = this.#contexts.get(what);
    if (before !== undefined) return ok(before);
    const read = await readBuildContext(snapshot.path, dockerfile, signal);
    if (!read.ok) return notBuilt(dockerfile, read.error);
    this.#contexts.set(what, read.value);
    return read;
  }

  async #find(order: BuildOrder, signal: AbortSignal): Promise<Result<string, Failure>> {
    const id = await inspectImage(this.#parts.engine, `${repository}:${order.key}`, signal);
    return id === null ? await this.#queue.add(() => this.#build(order, signal)) : ok(id);
  }

  async #build(order: BuildOrder, until: AbortSignal): Promise<Result<string, Failure>> {
    until.throwIfAborted();
    const { engine, disk } = this.#parts;
    const settings = await readNetworkSettings(this.#parts.networkUser);
    const before = await standingOf(engine, until);
    const words = new BuildWords();
    const signal = AbortSignal.any([until, AbortSignal.timeout(order.timeoutMs)]);
    const problem = await this.#ask(order, words, signal).catch(async (error: unknown) => {
      await removeMade(engine, words, before);
      if (until.aborted || (!signal.aborted && !isOfDockerfile(error))) throw error;
      const seconds = Math.round(order.timeoutMs / 1000);
      return signal.aborted
        ? `it had not ended when its ${seconds} s were over (rollout.deadlines.setupMs)`
        : (error as EngineProblem).message;
    });
    const id = problem === null ? await inspectImage(engine, `${repository}:${order.key}`, until) : null;
    if (id === null) {
      await removeMade(engine, words, before);
      const said = settings.scrubber.text(`${explained(problem ?? "the engine kept nothing", order)}. ${lastLines(words.output)}`);
      if (problem !== null && isDiskFull(problem)) throw new EngineProblem(problem, { status: 500 });
      return notBuilt(order.dockerfile, said);
    }
    await keepStages({ engine, disk }, words, before);
    await disk.used(id);
    await disk.trim(id);
    return ok(id);
  }

  /** What went wrong; null: nothing. */
  async #ask({ key, dockerfile, context }: BuildOrder, words: BuildWords, signal: AbortSignal): Promise<string | null> {
    const name = `.apprentice-${key.slice(0, 12)}.dockerfile`;
    const { environment } = this.#parts.networkUser;
    const proxies = proxyNames.flatMap((variable) => (environment[variable] ? [[variable, environment[variable]]] : []));
    const query = {
      t: `${repository}:${key}`,
      dockerfile: name,
      networkmode: "host",
      rm: "1",
      forcerm: "1",
      buildargs: JSON.stringify(Object.fromEntries(proxies)),
      labels: JSON.stringify({ [labelNames.build]: key }),
    };
    const body = tarOfContext(context, { name, text: dockerfile.text }, signal);
    await words.read(await this.#parts.engine.ask({ method: "POST", path: "/build", query, body }, signal));
    const { problem } = words;
    // An engine that is shut down ends what it runs, and only then goes.
    if (problem !== null && /code: 137/.test(problem) && (await goesAway(this.#parts.engine))) throw new EngineProblem(problem);
    return problem;
  }
}

/** Some engines refuse what they cannot read before they build. */
function isOfDockerfile(error: unknown): boolean {
  return error instanceof EngineProblem && error.status !== null && !isDiskFull(error.message);
}

function explained(problem: string, { dockerfile }: BuildOrder): string {
  const said = problem.replace(/[.\s]+$/, "");
  const isHereDocument = /unknown instruction/i.test(said) && /^\s*(RUN|COPY|ADD)\b.*<<-?["']?\w/im.test(dockerfile.text);
  if (/BuildKit/i.test(said) || isHereDocument)
    return `${said}. It needs BuildKit, which only docker's own client drives: build it yourself (docker build -t my-image .) and use --image my-image`;
  if (/^(COPY|ADD) failed|STEP "(COPY|ADD) /i.test(said))
    return `${said} (what can be copied are the files of the commit, not those of your working folder)`;
  return said;
}

function notBuilt({ path }: Dockerfile, reason: string): { readonly ok: false; readonly error: Failure } {
  return err(notOpened(`${path} could not be built: ${reason}`, { code: "image-not-built", wholeRun: true, retryable: false }).error);
}
