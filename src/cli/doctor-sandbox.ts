import { stat } from "node:fs/promises";
import type { ConfigDraft } from "../config/config-schema.ts";
import { isDockerfile } from "../sandbox/dockerfile.ts";
import { sandboxKinds } from "./compose.ts";
import type { DoctorCheck } from "./doctor-check.ts";

/** Tries the sandbox that a run would use, its image too; the other kinds are told in a line each, and never fail. */
export async function* checkSandboxes({ kind, image }: ConfigDraft["sandbox"]): AsyncGenerator<DoctorCheck> {
  const used = await sandboxKinds[kind]();
  const found = await used.probe();
  for (const check of found) yield { ...check, check: `sandbox ${kind}: ${check.check}` };
  if (used.imageId === undefined && image !== null) yield await checkImage(image);
  if (used.imageId !== undefined && found.every(({ ok }) => ok)) {
    const id = await used.imageId(image, new AbortController().signal);
    yield {
      check: "image",
      ok: id.ok,
      detail: id.ok ? `${image} is ${id.value}${image !== null && isDockerfile(image) ? "; a run builds it" : ""}` : id.error.message,
      mend: "give --image NAME, FILE.tar or a Dockerfile, of an image with a shell",
    };
  }
  for (const [other, create] of Object.entries(sandboxKinds)) {
    if (other === kind) continue;
    const broken = (await (await create()).probe()).find(({ ok }) => !ok);
    const detail = broken === undefined ? "works here" : `does not work here: ${broken.detail}`;
    yield { check: `sandbox ${other}`, ok: true, detail: `${detail}; not used, the sandbox is ${kind}`, mend: null, needed: false };
  }
}

async function checkImage(path: string): Promise<DoctorCheck> {
  const found = await stat(path).catch(() => null);
  const ok = found !== null && (found.isDirectory() || found.isFile());
  const detail = ok ? path : `${path} is ${found === null ? "not there" : "neither a folder nor a file"}`;
  return { check: "image", ok, detail, mend: "give --image the path of a root folder or of a tar" };
}
