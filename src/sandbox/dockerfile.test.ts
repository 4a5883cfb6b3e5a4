import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findImage } from "./bubblewrap/image-store.ts";
import { isDockerfile } from "./dockerfile.ts";
import { isImagePath } from "./image-file.ts";
import { createPlainProcesses } from "./none/none.ts";

const folder = mkdtempSync(join(tmpdir(), "apprentice-dockerfile-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(["Dockerfile", "Containerfile", "Dockerfile.dev", "ci/Dockerfile", "dev.Dockerfile", "a b/app.dockerfile", "x.containerfile"])(
  "%s is a Dockerfile on this machine",
  (image) => {
    expect([isDockerfile(image), isImagePath(image)]).toEqual([true, true]);
  },
);

test.each([
  "node:22",
  "Dockerfile.tar",
  "dockerfile/java",
  "me/dockerfile:1",
  "Dockerfile.dockerignore",
  "MyDockerfile",
  "Dockerfile/root",
])("%s is none", (image) => expect(isDockerfile(image)).toBe(false));

test("a sandbox that can build nothing says what to do; a folder is a root, whatever its name", async () => {
  const image = join(folder, "Dockerfile");
  writeFileSync(image, "FROM x\n");
  const never = new AbortController().signal;
  const request = { image, cacheRoot: folder, user: null, environment: {} };
  const refused = (kind: string) => ({
    ok: false,
    error: {
      code: "dockerfile-needs-docker",
      wholeRun: true,
      message: expect.stringMatching(`The sandbox ${kind} cannot build ${image}: use`),
    },
  });
  expect(await findImage(request, never)).toMatchObject(refused("bubblewrap"));
  const none = { snapshot: { id: "one", path: folder }, image, limits: { memoryMiB: null, processes: null, workspaceMiB: 16 } };
  expect(await createPlainProcesses({ root: folder }).open(none, never)).toMatchObject(refused("none"));
  const root = join(folder, "root.dockerfile");
  mkdirSync(root);
  expect(await findImage({ ...request, image: root }, never)).toEqual({ ok: true, value: root });
});
