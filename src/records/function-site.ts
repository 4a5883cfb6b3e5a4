import { z } from "zod";

export const Language = z.string();
export type Language = z.infer<typeof Language>;

/**
 * One function of a repository. `path` is relative, with "/"; `qualifiedName` joins enclosing classes and functions with
 * "."; lines are 1-based and inclusive (decorators not counted); `hash` is of the function's own text.
 */
export const FunctionSite = z.strictObject({
  path: z.string(),
  qualifiedName: z.string(),
  name: z.string(),
  kind: z.enum(["function", "method"]),
  language: Language,
  startLine: z.number().int().positive(),
  endLine: z.number().int().positive(),
  hash: z.string(),
});
export type FunctionSite = z.infer<typeof FunctionSite>;
