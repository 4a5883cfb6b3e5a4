import type { ConfigDraft } from "../../config/config-schema.ts";
import { isDockerfile } from "../../sandbox/dockerfile.ts";
import type { SandboxBackend } from "../../sandbox/sandbox.ts";
import { sandboxKinds } from "../compose.ts";
import type { DoctorCheck } from "./check.ts";

/** Tries the sandbox that a run would use, its image too; the other kinds are told in a line each, and never fail. */
export async function* checkSandboxes({ kind, image }: ConfigDraft["sandbox"]): AsyncGenerator<DoctorCheck> {
  const used = await sandboxKinds[kind]();
  const found = await used.probe();
  for (const check of found) yield { ...check, check: `sandbox ${kind}: ${check.check}` };
  if (found.every(({ ok }) => ok)) yield* checkImage(image, used);
  for (const [other, create] of Object.entries(sandboxKinds)) {
    if (other === kind) continue;
    const broken = (await (await create()).probe()).find(({ ok }) => !ok);
    const detail = broken === undefined ? "works here" : `does not work here: ${broken.detail}`;
    yield { check: `sandbox ${other}`, ok: true, detail: `${detail}; not used, the sandbox is ${kind}`, mend: null, needed: false };
  }
}

async function* checkImage(image: string | null, used: SandboxBackend): AsyncGenerator<DoctorCheck> {
  const id = await used.imageId(image, new AbortController().signal);
  if (id.ok && id.value === null) return;
  const mend =
    used.kind === "docker"
      ? "give --image NAME, FILE.tar or a Dockerfile, of an image with a shell"
      : "give --image the path of a root folder or of a tar";
  const built = image !== null && isDockerfile(image) ? "; a run builds it" : "";
  const seen = id.ok && id.value !== image ? ` is ${id.value}${built}` : "";
  yield { check: "image", ok: id.ok, detail: id.ok ? `${image}${seen}` : id.error.message, mend };
}
