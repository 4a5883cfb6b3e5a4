/** Options of a test or a group that is skipped for a reason; null: it runs. The reason stands at the end of every run (tools/totals-reporter.js). */
export function skippedIf(reason: string | null): { readonly skip: boolean; readonly meta: { readonly skipReason?: string } } {
  return reason === null ? { skip: false, meta: {} } : { skip: true, meta: { skipReason: reason } };
}

declare module "vitest" {
  interface TaskMeta {
    skipReason?: string;
  }
}
