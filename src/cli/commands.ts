import type { CommandList } from "./command.ts";

/** In the order of the help; only the one that is called is loaded. */
export const commands: CommandList = {
  init: { summary: "asks few questions, looks at your repository, writes apprentice.yaml", load: () => import("./init.ts") },
  generate: { summary: "the journey from a repository to training data; resumes by itself", load: () => import("./generate.ts") },
  demo: {
    summary: "the journey on a bundled repository with the scripted teacher: no key, about a minute",
    load: () => import("./demo.ts"),
  },
  report: { summary: "yield, reasons, tokens and cost of a run; writes report.html", load: () => import("./report.ts") },
  show: { summary: "one run, lineage, rollout or sample, to read", load: () => import("./show.ts") },
  verify: { summary: "checks a run against itself", load: () => import("./verify.ts") },
  dataset: { summary: "exports stored rollouts as training data; no new model calls", load: () => import("./dataset.ts") },
  functions: { summary: "lists the functions of a repository", load: () => import("./functions.ts") },
  compare: { summary: "scores two patches by their changed lines", load: () => import("./compare.ts") },
  teacher: { summary: "the scripted teacher as a server", load: () => import("./teacher.ts") },
  worker: { summary: "joins a run that is kept in a database, on another machine", load: () => import("./worker.ts") },
  config: { summary: "prints the resolved configuration", load: () => import("./config.ts") },
  clean: { summary: "removes what dead processes left, and images and caches", load: () => import("./clean.ts") },
  doctor: { summary: "checks git, sandboxes, disk and the teacher, and says how to mend each", load: () => import("./doctor.ts") },
  completion: {
    summary: "prints a script that completes commands in bash, zsh or fish",
    load: async () => (await import("./completion.ts")).createCompletion(commands),
  },
};
