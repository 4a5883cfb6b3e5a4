import type { ImportedConversation } from "../../formats/read-foreign.ts";
import { workspacePath } from "../../records/workspace-path.ts";
import { toolsetByName } from "../../toolsets/toolsets.ts";
import type { ToolsetTextsFile } from "../../toolsets/toolset-texts.ts";

/** Words for a toolset as some rows have them. `agree`: rows with these very words; `rows`: all that could be looked at. */
export interface FoundTexts {
  readonly toolset: string;
  readonly texts: ToolsetTextsFile;
  readonly agree: number;
  readonly rows: number;
}

/** Different wordings that are told apart; of more there is no one prompt to find. */
const mostWordings = 100;

/** Looks at rows one by one for the words their agent was given, and gives those of the most rows. */
export class ToolsetTextsFinder {
  readonly #wordings = new Map<string, { readonly found: Omit<FoundTexts, "rows" | "agree">; agree: number }>();
  #rows = 0;

  add(conversation: ImportedConversation): void {
    this.#rows++;
    const found = textsOf(conversation);
    if (found === null) return;
    // A review stands only in rows that were handed in.
    const { review: _, ...compared } = found.texts;
    const key = JSON.stringify([found.toolset, compared]);
    const known = this.#wordings.get(key);
    if (known === undefined && this.#wordings.size < mostWordings) this.#wordings.set(key, { found, agree: 1 });
    else if (known !== undefined) {
      known.agree++;
      if (known.found.texts.review === undefined && found.texts.review !== undefined)
        this.#wordings.set(key, { found, agree: known.agree });
    }
  }

  /** Null: no row has a toolset of ours and its problem within its first message. */
  get best(): FoundTexts | null {
    const [best] = [...this.#wordings.values()].toSorted((a, b) => b.agree - a.agree);
    return best === undefined ? null : { ...best.found, agree: best.agree, rows: this.#rows };
  }
}

function textsOf({ toolset, tools, messages, problem, notes }: ImportedConversation): Omit<FoundTexts, "rows" | "agree"> | null {
  const known = toolset === null ? null : toolsetByName(toolset);
  const system = messages.find(({ role }) => role === "system")?.content;
  const user = messages.find(({ role }) => role === "user")?.content;
  const frame = user === undefined ? null : frameOf(user, problem);
  if (known === null || frame === null) return null;
  // Descriptions that we put there ourselves are no finding.
  const told = notes.includes("tools-of-our-toolset") ? [] : tools.map(({ name, description }) => [name, description] as const);
  const review = known.name === "sera" ? reviewOf(messages) : undefined;
  return {
    toolset: known.name,
    texts: {
      ...(system !== undefined && system !== "" && { system }),
      frame,
      ...(review !== undefined && { review }),
      ...(told.length > 0 && { descriptions: Object.fromEntries(told) }),
    },
  };
}

/** The first message with its problem's place; the problem is what the row says, or what stands between the tags that hold one. */
function frameOf(user: string, problem: string | null): string | null {
  const said = problem?.trim() ?? "";
  const tagged = /<(pr_description|issue|issue_description)>\n?([^]*?)\n?<\/\1>/.exec(user)?.[2]?.trim() ?? "";
  const text = said !== "" && user.includes(said) ? said : tagged;
  if (text === "") return null;
  const at = user.indexOf(text);
  const around = [user.slice(0, at), user.slice(at + text.length)].map((part) => part.replaceAll(workspacePath, "{{workspace}}"));
  return around.some((part) => part.includes("{{problem}}")) ? null : around.join("{{problem}}");
}

/** What the first `submit` was answered, with the place of the change. */
function reviewOf(messages: ImportedConversation["messages"]): string | undefined {
  const at = messages.findIndex((message) => message.role === "assistant" && message.toolCalls[0]?.name === "submit");
  const answer = at === -1 ? undefined : messages[at + 1];
  if (answer?.role !== "tool") return undefined;
  const found = /^OBSERVATION:\n([^]*<diff>\n)[^]*(\n<\/diff>[^]*)$/.exec(answer.content);
  if (found === null || (found[1] ?? "").length > 20_000) return undefined;
  return `${found[1]}{{diff}}${(found[2] ?? "").replace(/\n$/, "")}`;
}
