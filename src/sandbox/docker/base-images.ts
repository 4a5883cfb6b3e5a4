import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import PQueue from "p-queue";
import { hashOfImageFile, isImagePath } from "../image-file.ts";
import type { Engine } from "./engine.ts";
import { isDiskFull } from "./engine-failure.ts";
import { EngineProblem } from "./engine-problem.ts";
import { inspectImage } from "./inspect-image.ts";
import type { ImageDisk } from "./image-disk.ts";
import { ImageProblem } from "./image-problem.ts";
import { importTar } from "./image-tar.ts";
import { lastWords } from "./progress-words.ts";
import { SingleFlight } from "../single-flight.ts";

/** Images that a user names: of the engine, of a registry, or in a tar. */
export interface BaseImagesOptions {
  readonly engine: Engine;
  readonly disk: ImageDisk;
  /** A pull may take this long. */
  readonly pullMs: number;
}

/** What an engine may be asked for; all else would be part of its address. */
const imageName = /^[a-z0-9][\w./:@-]*$/i;

/** More would only share one line to the registry. */
const pullsAtOnce = 2;

/** Finds images, pulls what is missing, and reads tars: each once, however many sandboxes ask. */
export class BaseImages {
  readonly #options: BaseImagesOptions;
  readonly #flights = new SingleFlight<string>();
  readonly #pulls = new PQueue({ concurrency: pullsAtOnce });
  readonly #known = new Map<string, string>();

  constructor(options: BaseImagesOptions) {
    this.#options = options;
  }

  /** The image's id. Throws an ImageProblem or EngineProblem, or what the signal was stopped with. */
  async find(image: string, signal: AbortSignal): Promise<string> {
    const known = this.#known.get(image);
    if (known !== undefined) return known;
    const id = await this.#flights.run(image, (until) => this.#find(image, until), signal);
    this.#known.set(image, id);
    await this.#options.disk.usedIfOurs(id);
    return id;
  }

  forget(image: string): void {
    this.#known.delete(image);
  }

  /** What the image is, whatever the engine: the hash of a tar, else the digest of its configuration. Throws as `find` does. */
  async identity(image: string, signal: AbortSignal): Promise<string> {
    if (!isImagePath(image)) return await this.find(image, signal);
    await refuseUnreadable(image);
    return `tar:${await hashOfImageFile(image, signal)}`;
  }

  async #find(image: string, signal: AbortSignal): Promise<string> {
    if (isImagePath(image)) {
      await refuseUnreadable(image);
      return await importTar({ ...this.#options, path: image }, signal);
    }
    if (!imageName.test(image)) throw new ImageProblem("image-not-found", `"${image}" is no name of an image.`);
    return (await inspectImage(this.#options.engine, image, signal)) ?? (await this.#pulls.add(() => this.#pull(image, signal)));
  }

  async #pull(image: string, until: AbortSignal): Promise<string> {
    const signal = AbortSignal.any([until, AbortSignal.timeout(this.#options.pullMs)]);
    const query = { fromImage: withTag(image) };
    try {
      const answer = await this.#options.engine.ask({ method: "POST", path: "/images/create", query }, signal);
      const words = await lastWords(answer);
      if (words !== null) throw new ImageProblem("image-not-found", notPulled(image, words));
    } catch (error) {
      if (until.aborted || error instanceof ImageProblem) throw error;
      if (signal.aborted) throw new ImageProblem("image-not-pulled", notPulled(image, "it took too long"), true);
      if (!(error instanceof EngineProblem) || error.status === null || isDiskFull(error.message)) throw error;
      throw new ImageProblem("image-not-found", notPulled(image, error.message));
    }
    const id = await inspectImage(this.#options.engine, image, signal);
    if (id === null) throw new ImageProblem("image-not-found", notPulled(image, "the engine does not have it after all"));
    await this.#options.disk.used(id);
    await this.#options.disk.trim(id);
    return id;
  }
}

async function refuseUnreadable(path: string): Promise<void> {
  const file = await stat(path).catch(() => null);
  if (file === null) throw new ImageProblem("image-not-found", `There is no image at ${path}.`);
  if (file.isDirectory()) {
    throw new ImageProblem("image-is-a-folder", `${path} is a folder: make a tar of it (tar -C ${path} -cf image.tar .) and name that.`);
  }
  await access(path, constants.R_OK).catch(() => {
    throw new ImageProblem("image-not-read", `The image ${path} may not be read by this user.`);
  });
}

function notPulled(image: string, words: string): string {
  return `The image ${image} is not in the container engine and could not be pulled (where it needs a login, pull it yourself): ${words}`;
}

/** Without a tag a registry would send all it has. */
function withTag(image: string): string {
  const name = image.slice(image.lastIndexOf("/") + 1);
  return name.includes(":") || image.includes("@") ? image : `${image}:latest`;
}
