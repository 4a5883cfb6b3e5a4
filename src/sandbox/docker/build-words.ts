import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { linesOf } from "./lines-of.ts";

const Line = z.looseObject({
  stream: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
  aux: z.looseObject({ ID: z.string().optional() }).optional(),
});

const mostCharacters = 64 * 1024;

/** What an engine says while it builds. It is read also where the stream breaks off. */
export class BuildWords {
  /** What went wrong; null: nothing yet. */
  problem: string | null = null;
  /** Images that steps made, as it seems, by ids or their beginnings, oldest first. */
  readonly made: string[] = [];
  /** Containers that steps ran in, as it seems. */
  readonly containers: string[] = [];
  /** Names of images that were fetched. */
  readonly pulled: string[] = [];
  #output = "";
  #isKnown = true;

  /** What commands printed, its end. */
  get output(): string {
    return this.#output;
  }

  /** Throws an EngineProblem where the connection is lost. */
  async read(answer: IncomingMessage): Promise<void> {
    for await (const line of linesOf(answer)) this.#take(line);
  }

  #take(line: string): void {
    const said = Line.safeParse(parsed(line));
    if (!said.success) return;
    const { stream = "", status = "", error } = said.data;
    this.problem = error?.trim() ?? this.problem;
    const pulled = /^Status: Downloaded newer image for (\S+)/.exec(status)?.[1];
    if (pulled !== undefined) this.pulled.push(pulled);
    for (const text of stream.split(/(?<=\n)/)) this.#hear(text);
  }

  #hear(text: string): void {
    const step = /^Step \d+\/\d+ : (\w+)/.exec(text)?.[1];
    const container = /^ ---> Running in ([0-9a-f]+)/.exec(text)?.[1];
    const image = /^ ---> ([0-9a-f]{8,64})$/.exec(text.trimEnd())?.[1];
    // podman's way to say it, which names what was found otherwise.
    const layer = /^--> ([0-9a-f]{8,64})$/.exec(text.trimEnd())?.[1];
    if (layer !== undefined) this.made.push(layer);
    // The image after FROM is somebody's, and one that was found is not made.
    if (step !== undefined) this.#isKnown = step.toUpperCase() === "FROM";
    if (text.startsWith(" ---> Using cache")) this.#isKnown = true;
    if (container !== undefined) this.containers.push(container);
    if (image !== undefined && !this.#isKnown) this.made.push(image);
    if (!/^(-->| ---> |Removing intermediate container )/.test(text)) this.#output = (this.#output + text).slice(-mostCharacters);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
