import { importsOf, type Import } from "./imports-of.ts";

/** Who may import whom (design §2). A room that is not here does not exist yet. */
const below = ["base", "records"];
const rooms: Record<string, readonly string[]> = {
  base: [],
  records: ["base"],
  patch: below,
  redact: below,
  toolsets: below,
  formats: [...below, "toolsets"],
  tokens: [...below, "toolsets", "formats"],
  repository: below,
  ledger: below,
  sandbox: below,
  model: below,
  engines: below,
  "hold-out": [...below, "patch"],
  "test-runner": [...below, "sandbox"],
  hub: [...below, "model"],
  scripted: [...below, "toolsets", "formats"],
  rollout: [...below, "patch", "redact", "toolsets", "sandbox", "model", "ledger"],
  fleet: [...below, "ledger"],
  gateway: [...below, "toolsets", "formats", "tokens", "redact", "model"],
  config: below,
  web: [...below, "ledger", "config", "patch", "formats"],
};
const underJourney = Object.keys(rooms).filter((room) => !["scripted", "fleet", "gateway", "config", "web", "hub"].includes(room));
const table: Record<string, readonly string[]> = { ...rooms, journey: underJourney };

/** Rooms that see everything. */
const everything = new Set(["cli", "index.ts"]);

/** Folders inside `journey` that are stages: they meet in records, never in each other. */
const stages = [
  "intake",
  "functions",
  "first-rollout",
  "self-check",
  "pull-request",
  "second-rollout",
  "soft-verification",
  "dataset",
  "training",
  "serving",
  "evaluation",
];

/** Backends: sub-folders that only compose.ts, package subpaths and tests may name. */
const backends = new Set([
  "sandbox/bubblewrap",
  "sandbox/none",
  "sandbox/docker",
  "model/openai-chat",
  "model/anthropic-messages",
  "ledger/local",
  "ledger/postgres",
]);

/** Packages too heavy for start-up: only dynamic import (types aside). */
const heavy = [
  "pg",
  "pg-boss",
  "dockerode",
  "web-tree-sitter",
  "@cursorless/tree-sitter-wasms",
  "@repomix/tree-sitter-wasms",
  "hyparquet",
  "hyparquet-writer",
  "tokenizers",
  "@huggingface/hub",
];

/** Files that may import what only running tells, and so what no rule here sees. There are none. */
const importsAnything = new Set<string>();

/** Violations of the table and its rules in a set of sources: path relative to `src/` → text. Tests are not sources. */
export function violations(sources: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const imports = [...sources].flatMap(([path, text]) => importsOf(path, text));
  for (const edge of imports) found.push(...violationsOf(edge));
  found.push(...cycles(imports.filter((edge) => !edge.typeOnly && edge.to?.startsWith("src/"))));
  for (const path of sources.keys()) {
    const room = roomOf(path);
    if (!(room in table) && !everything.has(room)) found.push(`${path}: the room ${room} is not in the table`);
  }
  return found;
}

function violationsOf({ from, to, dynamic, typeOnly }: Import): string[] {
  if (to === null) return importsAnything.has(from) ? [] : [`${from}: what it imports must stand there as a literal`];
  if (!to.startsWith("src/")) {
    const name = heavy.find((heavyPackage) => to === heavyPackage || to.startsWith(`${heavyPackage}/`));
    return name !== undefined && !dynamic && !typeOnly ? [`${from}: ${name} is heavy: load it on first use with import()`] : [];
  }
  const target = to.slice("src/".length);
  const room = roomOf(from);
  const targetRoom = roomOf(target);
  const found: string[] = [];
  if (!mayImport(from, target)) found.push(`${from}: ${room} may not import ${targetRoom} (${target})`);
  const folder = target.split("/").slice(0, 2).join("/");
  const inside = from.startsWith(`${folder}/`);
  if (backends.has(folder) && !inside && from !== "cli/compose.ts") found.push(`${from}: only cli/compose.ts names the backend ${folder}`);
  if (isPrivate(target) && room !== targetRoom && !everything.has(room)) {
    found.push(`${from}: ${folder} is private to ${targetRoom}`);
  }
  const stage = stageOf(from);
  const targetStage = stageOf(target);
  if (stage !== null && targetStage !== null && stage !== targetStage)
    found.push(`${from}: the stage ${stage} imports the stage ${targetStage}`);
  if (targetRoom === "cli" && room !== "cli") found.push(`${from}: nothing imports cli`);
  return found;
}

function mayImport(from: string, target: string): boolean {
  const room = roomOf(from);
  const targetRoom = roomOf(target);
  if (room === targetRoom || everything.has(room)) return true;
  if (room === "config" && target.endsWith("-config.ts")) return true;
  if (room === "web" && target.startsWith("journey/analysis/")) return true;
  if (from.endsWith("-config.ts")) return below.includes(targetRoom);
  return table[room]?.includes(targetRoom) ?? false;
}

/** A sub-folder belongs to its room; stages and analysis are the rows of the journey's table and are named from outside. */
function isPrivate(target: string): boolean {
  const parts = target.split("/");
  return parts.length > 2 && parts[0] !== "journey" && parts[0] !== "cli" && !target.endsWith("-config.ts");
}

function roomOf(path: string): string {
  return path.split("/")[0] ?? path;
}

function stageOf(path: string): string | null {
  const [room, folder] = path.split("/");
  return room === "journey" && folder !== undefined && stages.includes(folder) ? folder : null;
}

/** Import cycles between files, each named once. */
function cycles(edges: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) if (to !== null) next.set(`src/${from}`, [...(next.get(`src/${from}`) ?? []), to]);
  const state = new Map<string, "open" | "done">();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      found.push(`cycle: ${[...trail.slice(trail.indexOf(file)), file].join(" → ")}`);
      return;
    }
    state.set(file, "open");
    for (const to of next.get(file) ?? []) visit(to, [...trail, file]);
    state.set(file, "done");
  };
  for (const file of next.keys()) visit(file, []);
  return found;
}
