import { z } from "zod";

const placeholder = (name: string) => (text: string) => new RegExp(`\\{\\{\\s*${name}\\s*\\}\\}`).test(text);

/**
 * A file of `toolsetTexts` (design §5): what it names stands in the place of our own words, the rest stays. Tool names, parameters and the
 * shapes of observations are not to be changed.
 */
export const ToolsetTextsFile = z.strictObject({
  system: z.string().exactOptional().describe("The system message."),
  frame: z
    .string()
    .refine(placeholder("problem"), "the frame must hold {{problem}}, where the hint or pull request goes")
    .exactOptional()
    .describe("The first user message; {{problem}} and {{workspace}} are filled in."),
  review: z
    .string()
    .refine(placeholder("diff"), "the review must hold {{diff}}, where the change goes")
    .nullable()
    .exactOptional()
    .describe("What the first submit is answered, with {{diff}}; null: the first submit is final. Not for the toolset mini."),
  requery: z
    .strictObject({
      "no-call": z.string().exactOptional(),
      "several-calls": z.string().exactOptional(),
      "unknown-tool": z.string().exactOptional(),
      "bad-arguments": z.string().exactOptional(),
      "blocked-command": z.string().exactOptional(),
      "cut-reply": z.string().exactOptional(),
    })
    .exactOptional()
    .describe("What a reply without one valid call is answered, by what is wrong with it; {{problem}}: our own sentence."),
  descriptions: z.record(z.string(), z.string()).exactOptional().describe("Descriptions of tools, by the tool's name."),
});
export type ToolsetTextsFile = z.infer<typeof ToolsetTextsFile>;
