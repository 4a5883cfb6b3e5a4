/** Values as the user wrote them, unchecked, and ways to say where a path stands. */
export interface ConfigText {
  readonly values: Readonly<Record<string, unknown>>;
  /** "file:line:column" of a path, or of its nearest parent that is there. */
  locate(path: readonly PropertyKey[]): string;
  /** The flag that gave what stands at a path; null: no flag did. */
  flagOf(path: readonly PropertyKey[]): string | null;
}
