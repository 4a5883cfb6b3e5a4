/**
 * What an answer says outside reasoning: without `<think>` blocks, without what comes before a closing tag that was never opened
 * (templates open it in the prompt), and without a block that was never closed.
 */
export function outsideReasoning(text: string): string {
  const withoutBlocks = text.replaceAll(/<think(?:ing)?>.*?<\/think(?:ing)?>/gs, "");
  const afterClosing = withoutBlocks.replace(/^.*<\/think(?:ing)?>/s, "");
  return afterClosing.replace(/^[ \t]*<think(?:ing)?>.*$/ms, "");
}
