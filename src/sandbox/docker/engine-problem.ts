/**
 * What the Engine API refused (`status`, an HTTP status) or why it could not be asked (`status` null). Thrown inside this folder, and
 * turned into a failure where a call of the contract ends.
 */
export class EngineProblem extends Error {
  readonly status: number | null;
  /** Of the operating system, such as ECONNREFUSED. */
  readonly code: string | null;

  constructor(message: string, parts: { readonly status?: number; readonly code?: string } = {}) {
    super(message);
    this.status = parts.status ?? null;
    this.code = parts.code ?? null;
  }
}
