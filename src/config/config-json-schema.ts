import { Config } from "./config-schema.ts";

/** JSON Schema of `apprentice.yaml` for editors, made from the schema that checks it: what may be written, so defaults are not required. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = Config.toJSONSchema({ io: "input", target: "draft-7" });
  return {
    ...schema,
    title: "apprentice.yaml",
    description: "Settings of Apprentice. Flags win over this file, this file over the defaults.",
  };
}
