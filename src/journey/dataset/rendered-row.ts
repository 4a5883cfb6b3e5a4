import { err, ok, type Result } from "../../base/result.ts";
import { conversationOf } from "../../formats/format-row.ts";
import type { HermesReasoning } from "../../formats/hermes.ts";
import type { Sample } from "../../records/sample.ts";
import { noLoss, type Rendered, type Tokenizer } from "../../tokens/tokenizer.ts";

/** What a trainer takes as it is: −100 in `labels` is no loss; `attention_mask` is 1 throughout, as nothing is padded. */
export interface RenderedRow {
  readonly input_ids: readonly number[];
  readonly labels: readonly number[];
  readonly attention_mask: readonly number[];
}

/** A sample in the student's own template, its failed steps without loss. The reason where it has no such row. */
export async function renderedRow(
  sample: Sample,
  reasoning: HermesReasoning,
  tokenizer: Tokenizer,
): Promise<Result<RenderedRow, { readonly reason: string }>> {
  const conversation = conversationOf(sample, { reasoning });
  if (!conversation.ok) return err({ reason: conversation.error.reason });
  const rendered = await tokenizer.render(conversation.value);
  if (!rendered.ok) return err({ reason: rendered.error.reason });
  // A conversation may begin with a system message that the sample has not.
  const offset = conversation.value.messages.length - sample.messages.length;
  const labels = withoutLoss(
    rendered.value,
    sample.failedSteps.map((position) => position + offset),
  );
  const { ids: input_ids } = rendered.value;
  return ok({ input_ids, labels, attention_mask: input_ids.map(() => 1) });
}

function withoutLoss({ labels, ends }: Rendered, positions: readonly number[]): number[] {
  const masked = [...labels];
  for (const position of positions) masked.fill(noLoss, ends[position - 1] ?? 0, ends[position] ?? 0);
  return masked;
}
