import { z } from "zod";

const Metadata = z.object({
  exit_code: z.number().nullish(),
  working_dir: z.string().nullish(),
  py_interpreter_path: z.string().nullish(),
  prefix: z.string().nullish(),
  suffix: z.string().nullish(),
});

/** A command's output as the agent saw it: what the event keeps beside it stood in lines of its own (seen in OpenHands 0.4x to 1.x). */
export function commandOutput(output: string, metadata: unknown): string {
  const { exit_code, working_dir, py_interpreter_path, prefix, suffix } = Metadata.safeParse(metadata).data ?? {};
  return [
    `${prefix ?? ""}${output}${suffix ?? ""}`,
    ...(working_dir ? [`[Current working directory: ${working_dir}]`] : []),
    ...(py_interpreter_path ? [`[Python interpreter: ${py_interpreter_path}]`] : []),
    ...(exit_code != null && exit_code !== -1 ? [`[Command finished with exit code ${exit_code}]`] : []),
  ].join("\n");
}
