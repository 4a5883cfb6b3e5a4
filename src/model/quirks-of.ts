import type { Dialect } from "./model-config.ts";
import { quirkRows, usualQuirks } from "./quirk-rows.ts";
import type { Quirks } from "./quirks.ts";

/** `own`: what a user's config says of the server, which wins over the table. */
export interface QuirksOrder {
  readonly dialect: Dialect;
  /** Without a port. */
  readonly hostname: string;
  readonly model: string;
  /** False: a user wants no reasoning sent back. */
  readonly sendReasoning: boolean;
  readonly own?: Partial<Quirks>;
}

/** The quirks of a server by its address and model: the dialect's usual ones, what the first row that fits changes, what the user changes. */
export function quirksOf({ dialect, hostname, model, sendReasoning, own = {} }: QuirksOrder): Quirks {
  const name = model.toLowerCase();
  const row = quirkRows.find(
    (one) =>
      one.dialect === dialect && one.hosts.test(hostname) && (one.models?.test(name) ?? true) && !(one.butModels?.test(name) ?? false),
  );
  const quirks = { ...usualQuirks[dialect], ...row?.quirks, ...own };
  return sendReasoning ? quirks : { ...quirks, reasoning: [] };
}
