/**
 * Bytes by the SHA-256 of their content (64 hex digits). Writing the same bytes twice is one artifact. What `put` has
 * returned survives power loss; no reader ever sees half of an artifact.
 */
export interface Artifacts {
  put(bytes: Uint8Array | string): Promise<string>;
  get(id: string): Promise<Uint8Array | null>;
  ids(): AsyncIterable<string>;
  check(): Promise<string[]>;
}
