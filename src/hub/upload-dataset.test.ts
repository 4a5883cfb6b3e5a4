import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Secret } from "../base/secret.ts";
import { hubAddress, hubRefusal } from "./hub-address.ts";
import { startHub } from "./hub-server.conformance.ts";
import { uploadDataset, type UploadOrder } from "./upload-dataset.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "apprentice-hub-"));
});
afterEach(async () => await rm(folder, { recursive: true }));

const token = "hf_0123456789abcdef";
const local = { privacy: "local" as const, allowedHosts: [] };

async function orderTo(address: string, more: Partial<UploadOrder> = {}): Promise<UploadOrder> {
  const contents = { "hermes.jsonl": '{"messages":[]}\n'.repeat(1000), "README.md": "# é\n" };
  const files = Object.entries(contents).map(([name, text]) => ({ name, path: join(folder, name), text }));
  for (const { path, text } of files) await writeFile(path, text);
  const signal = new AbortController().signal;
  const secret = new Secret("HF_TOKEN", token);
  return { address, name: "me/try", token: secret, isPublic: false, files, title: "t", rules: [local], signal, ...more };
}

test("files reach the hub whole, large ones apart, in one commit of a private dataset", async () => {
  await using hub = await startHub({ token });
  const order = await orderTo(hub.origin);
  expect(await uploadDataset(order)).toEqual({ ok: true, value: { commit: `${hub.origin}/datasets/me/try/commit/c0ffee` } });
  expect(hub.made).toMatchObject([{ name: "try", organization: "me", type: "dataset", visibility: "private" }]);
  const arrived = Object.fromEntries([...hub.committed].map(([name, bytes]) => [name, bytes.toString()]));
  expect(arrived).toEqual({ "hermes.jsonl": '{"messages":[]}\n'.repeat(1000), "README.md": "# é\n" });
  expect(hub.requests.filter((line) => line.startsWith("PUT"))).toHaveLength(1);
});

test("a dataset that is there takes the commit as it is", async () => {
  await using hub = await startHub({ token, isThere: true });
  expect((await uploadDataset(await orderTo(hub.origin, { isPublic: true }))).ok).toBe(true);
  expect(hub.committed.size).toBe(2);
});

test("a refusal names the variable of the token, and no problem holds the token", async () => {
  await using hub = await startHub({ token: "hf_another" });
  const refused = await uploadDataset(await orderTo(hub.origin));
  expect(refused).toMatchObject({ ok: false, error: { code: "refused", message: expect.stringContaining("HF_TOKEN") } });
  const nobody = await uploadDataset(await orderTo("http://127.0.0.1:1"));
  expect(nobody).toMatchObject({ ok: false, error: { code: "failed" } });
  expect(JSON.stringify([refused, nobody])).not.toContain(token);
  const odd = await uploadDataset(await orderTo(hub.origin, { token: new Secret("HF_TOKEN", "sk-123456") }));
  expect(odd).toMatchObject({ error: { code: "bad-token", message: expect.not.stringContaining("sk-123456") } });
});

test("a private network's hub cannot send files on to a public host", async () => {
  await using hub = await startHub({ token, largeFilesAt: "http://203.0.113.9" });
  expect(await uploadDataset(await orderTo(hub.origin))).toMatchObject({
    ok: false,
    error: { code: "refused", message: "Nothing was sent: 203.0.113.9 is a public address, and privacy is local." },
  });
  expect(hub.committed.size).toBe(0);
});

test("a stop leaves no commit", async () => {
  await using hub = await startHub({ token });
  const controller = new AbortController();
  controller.abort();
  expect(await uploadDataset(await orderTo(hub.origin, { signal: controller.signal }))).toMatchObject({ error: { code: "stopped" } });
  expect(hub.committed.size).toBe(0);
});

test("an address of a hub is an origin or a path, without a password", () => {
  expect(hubAddress(undefined)).toEqual({ ok: true, value: "https://huggingface.co" });
  expect(hubAddress("  ")).toEqual({ ok: true, value: "https://huggingface.co" });
  expect(hubAddress("http://localhost:8080/hub/")).toEqual({ ok: true, value: "http://localhost:8080/hub" });
  for (const wrong of ["huggingface.co", "ftp://x", "https://me:secret@x"]) expect(hubAddress(wrong).ok).toBe(false);
});

test("public hosts are refused where one of the rules is local, and over http always", async () => {
  const any = { privacy: "any" as const, allowedHosts: [] };
  expect(await hubRefusal("https://203.0.113.9", [any])).toBeNull();
  expect(await hubRefusal("https://203.0.113.9", [any, local])).toContain("privacy is local");
  expect(await hubRefusal("https://203.0.113.9", [{ ...local, allowedHosts: ["203.0.113.9"] }])).toBeNull();
  expect(await hubRefusal("http://203.0.113.9", [any])).toContain("clear text");
  expect(await hubRefusal("http://127.0.0.1:3000", [any, local])).toBeNull();
});
