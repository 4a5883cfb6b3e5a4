/** Where the repository lies in every sandbox and prompt (design §5). */
export const workspacePath = "/testbed";
