import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createScrubber, Secret } from "../../base/secret.ts";
import { hubAddress, hubRefusal } from "../../hub/hub-address.ts";
import { uploadDataset } from "../../hub/upload-dataset.ts";
import { openDatasetFolder, type DatasetFolder } from "../../journey/dataset/dataset-folder.ts";
import { atStorage } from "../../ledger/storage-error.ts";
import type { ReachRule } from "../../model/endpoint-reach.ts";
import { commandFailed, usageError, type CommandModule, type Terminal } from "../command.ts";
import { counted } from "../counted.ts";
import { refusalMend } from "../destinations.ts";
import { resolveSettings } from "../resolve-config.ts";
import { tellWarnings } from "./tell-exported.ts";
import { watchSignals } from "./watch-signals.ts";

interface PushFlags {
  readonly to: string;
  readonly tokenEnv?: string;
  readonly public?: boolean;
  readonly config?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export const register: CommandModule["register"] = (dataset, terminal) => {
  dataset
    .command("push")
    .description("Uploads an exported dataset to a hub of Hugging Face's kind, in one commit. HF_ENDPOINT names another hub.")
    .argument("<dir>", "folder of the dataset")
    .requiredOption("--to <name>", "namespace/name of the dataset there")
    .option("--token-env <var>", "environment variable with a token that may write", "HF_TOKEN")
    .option("--public", "a dataset that is not there yet is made public (default: private)")
    .option("--config <file>", "settings whose privacy holds (default: apprentice.yaml here, if there is one)")
    .option("--dry-run", "say what would be uploaded, and send nothing")
    .option("--json", "print the result as one JSON object")
    .action(async (dir: string, flags: PushFlags) => await push(resolve(dir), flags, terminal));
};

async function push(dir: string, flags: PushFlags, terminal: Terminal): Promise<void> {
  if (!/^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(flags.to)) throw usageError(`--to takes namespace/name, not "${flags.to}".`);
  const address = hubAddress(process.env["HF_ENDPOINT"]);
  if (!address.ok) throw usageError(`HF_ENDPOINT ${address.error}.`);
  const folder = await atStorage(`the dataset in ${dir}`, async () => await openDatasetFolder(dir));
  if (!folder.ok) throw commandFailed(folder.error);
  const rules = await rulesFor(dir, flags);
  const refusal = await hubRefusal(address.value, rules);
  if (refusal !== null) throw usageError(`Nothing was sent: ${refusal}: ${refusalMend}.`);
  tellWarnings(folder.value.manifest, terminal);
  const url = `${address.value}/datasets/${flags.to}`;
  if (flags.dryRun !== true) await upload({ address: address.value, folder: folder.value, rules, flags }, terminal);
  const files = folder.value.files.map(({ name, sha256, bytes }) => ({ path: name, sha256, bytes }));
  if (flags.json === true) return terminal.print(JSON.stringify({ url, files }));
  terminal.print(flags.dryRun === true ? `Would go to ${url}:` : url);
  for (const { path, bytes } of files) terminal.print(`  ${path}  ${counted(bytes, "byte")}`);
}

/** `privacy` as the settings here say, and as those of the run in whose folder the dataset lies. */
async function rulesFor(dir: string, flags: PushFlags): Promise<ReachRule[]> {
  const here = await resolveSettings(flags.config === undefined ? {} : { config: flags.config });
  const ofRun = join(dirname(dir), "config.yaml");
  const run = existsSync(ofRun) ? [await resolveSettings({ config: ofRun })] : [];
  return [here, ...run].map(({ draft: { privacy, allowedHosts } }) => ({ privacy, allowedHosts }));
}

interface Upload {
  readonly address: string;
  readonly folder: DatasetFolder;
  readonly rules: readonly ReachRule[];
  readonly flags: PushFlags;
}

async function upload({ address, folder, rules, flags }: Upload, terminal: Terminal): Promise<void> {
  const variable = flags.tokenEnv ?? "HF_TOKEN";
  const value = process.env[variable]?.trim() ?? "";
  if (value === "") throw usageError(`${variable} is not set: --token-env names the environment variable that holds the hub's token.`);
  const token = new Secret(variable, value);
  terminal.hide(createScrubber([token]));
  using signals = watchSignals(terminal);
  const { samples } = folder.manifest;
  const done = await uploadDataset({
    address,
    name: flags.to,
    token,
    isPublic: flags.public === true,
    files: folder.files,
    title: `${counted(samples, "sample")} by ${folder.manifest.tool}`,
    rules,
    signal: signals.signal,
  });
  if (!done.ok && done.error.code === "bad-token") throw usageError(done.error.message);
  if (!done.ok) throw commandFailed(done.error.message);
}
