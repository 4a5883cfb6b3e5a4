/**
 * Bytes by the SHA-256 of their content (64 hex digits). Writing the same bytes twice is one artifact. What `put` has
 * returned survives power loss; no reader ever sees half of an artifact.
 */
export interface Artifacts {
  /** Text is scrubbed of secrets before it is hashed; bytes (patches, bundles) are stored as they are. */
  put(content: Uint8Array | string): Promise<string>;
  /** As `put` of a file's bytes, however large. */
  putFile(path: string): Promise<string>;
  get(id: string): Promise<Uint8Array | null>;
  /** Copies an artifact, however large, to a file that need not exist; false where there is no such artifact. */
  getFile(id: string, path: string): Promise<boolean>;
  ids(): AsyncIterable<string>;
  check(): Promise<string[]>;
}
