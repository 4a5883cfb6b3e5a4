import { openAsBlob } from "node:fs";
import { createScrubber, type Secret } from "../base/secret.ts";
import { plainText } from "../base/plain-text.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { ReachRule } from "../model/endpoint-reach.ts";
import { ForbiddenRequest, guardedFetch } from "./guarded-fetch.ts";

/** The package that speaks with the hub. It is large and few need it, so it is installed by who does. */
export const hubPackage = "@huggingface/hub";

export interface UploadOrder {
  /** From `hubAddress`. */
  readonly address: string;
  /** `namespace/name`. */
  readonly name: string;
  readonly token: Secret;
  /** A repository that is not there yet is made private unless this says otherwise; one that is there stays as it is. */
  readonly isPublic: boolean;
  readonly files: readonly { readonly name: string; readonly path: string }[];
  readonly title: string;
  readonly rules: readonly ReachRule[];
  readonly signal: AbortSignal;
}

/** Why nothing, or not everything, was uploaded, in a sentence; a commit is made whole or not at all. */
export interface UploadProblem {
  readonly code: "package-missing" | "bad-token" | "refused" | "failed" | "stopped";
  readonly message: string;
}

/** Uploads files to a dataset repository in one commit and gives the commit's address. No problem's text holds the token. */
export async function uploadDataset(order: UploadOrder): Promise<Result<{ readonly commit: string }, UploadProblem>> {
  const hub = await loadHub();
  if (hub === null) {
    const message = `Uploading needs the package ${hubPackage}, which is not installed. To install it: npm install ${hubPackage}`;
    return err({ code: "package-missing", message });
  }
  const accessToken = order.token.reveal();
  if (!accessToken.startsWith("hf_"))
    return err({ code: "bad-token", message: `${order.token.name} holds no token of the hub: those begin with hf_.` });
  const repo = { type: "dataset" as const, name: order.name };
  const to = { repo, accessToken, hubUrl: order.address, fetch: guardedFetch(order.rules, order.signal) };
  try {
    await hub.createRepo({ ...to, visibility: order.isPublic ? "public" : "private" }).catch((error: unknown) => {
      if (statusOf(error) !== 409) throw error;
    });
    const operations = await Promise.all(
      order.files.map(async ({ name, path }) => ({ operation: "addOrUpdate" as const, path: name, content: await openAsBlob(path) })),
    );
    const made = await hub.commit({ ...to, operations, title: order.title, abortSignal: order.signal });
    return ok({ commit: made?.commit.url ?? `${order.address}/datasets/${order.name}` });
  } catch (error) {
    return err(problemOf(error, order));
  }
}

/** Null: it is not installed. */
async function loadHub() {
  try {
    return await import("@huggingface/hub");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") return null;
    throw error;
  }
}

function problemOf(error: unknown, { signal, address, name, token }: UploadOrder): UploadProblem {
  if (!(error instanceof Error)) throw error;
  const host = new URL(address).host;
  if (signal.aborted) return { code: "stopped", message: "Stopped: no commit was made." };
  if (error instanceof ForbiddenRequest) return { code: "refused", message: `Nothing was sent: ${error.message}.` };
  const status = statusOf(error);
  if (status === 401 || status === 403)
    return { code: "refused", message: `${host} refuses: the token in ${token.name} may not write to ${name} (${status}).` };
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  const said = plainText(createScrubber([token]).text(`${error.message}${cause}`)).slice(0, 500);
  return { code: "failed", message: `The upload to ${host} failed: ${said}` };
}

function statusOf(error: unknown): number | null {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : null;
}
