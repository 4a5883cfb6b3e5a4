import type { Config } from "../../config/config-schema.ts";
import { isDockerfile } from "../../sandbox/dockerfile.ts";
import type { SandboxBackend } from "../../sandbox/sandbox.ts";
import { commandFailed, type Terminal } from "../command.ts";
import { sandboxKinds } from "../compose.ts";
import { typedCommand } from "../typed-command.ts";
import { refusal } from "./refusal.ts";

/** A backend that works here, or the sentence that says what to do. */
export async function workingSandboxes(config: Config): Promise<SandboxBackend> {
  const sandboxes = await sandboxKinds[config.sandbox.kind]();
  const broken = (await sandboxes.probe()).find((check) => !check.ok);
  if (broken === undefined) return sandboxes;
  const mend = broken.mend === null ? `See \`${typedCommand(["doctor"])}\`.` : `To mend it: ${broken.mend}.`;
  const other =
    sandboxes.kind !== "none" && config.teachers[0]?.kind === "scripted" ? " Or use --sandbox none with the scripted teacher." : "";
  throw commandFailed(`The sandbox ${sandboxes.kind} does not work here: ${broken.detail}. ${mend}${other}`);
}

/** What the image is, so that a run goes on only in the same; it is fetched now where it is missing. */
export async function imageOf({ sandbox }: Config, sandboxes: SandboxBackend, terminal: Terminal): Promise<string | null> {
  const { image } = sandbox;
  if (image !== null)
    terminal.say(`Image ${image}${isDockerfile(image) ? ", built of each commit's files before it is first used" : ""} …`);
  const id = await sandboxes.imageId(image, new AbortController().signal);
  if (!id.ok) throw refusal(id.error);
  return id.value;
}
