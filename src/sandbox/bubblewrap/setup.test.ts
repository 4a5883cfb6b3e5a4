import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { setupConformance } from "../setup.conformance.ts";
import { whyUnable } from "../why-unable.conformance.ts";
import { createBubblewrap } from "./bubblewrap.ts";

const cacheRoot = mkdtempSync(join(tmpdir(), "apprentice-setups-"));
const unable = await whyUnable(createBubblewrap({ cacheRoot }));
afterAll(() => rmSync(cacheRoot, { recursive: true, force: true }));

setupConformance("bubblewrap", { backend: (networkUser) => createBubblewrap({ cacheRoot, networkUser }), unable, image: () => null });
