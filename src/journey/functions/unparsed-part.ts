import type { Node } from "web-tree-sitter";

/** The part of a text, 0 to 1, that the parser could make nothing of: what stands under its errors and in no node of several lines that parsed. */
export function unparsedPart(root: Node): number {
  const length = root.endIndex - root.startIndex;
  return length === 0 || !root.hasError ? 0 : unparsedLength(root) / length;
}

function unparsedLength(node: Node): number {
  if (node.isError && node.childCount === 0) return node.endIndex - node.startIndex;
  let length = 0;
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    const parsed = child.isNamed && child.childCount > 0 && (!node.isError || child.endPosition.row > child.startPosition.row);
    if (child.isError || (parsed && child.hasError)) length += unparsedLength(child);
    else if (node.isError && !parsed && !child.isExtra) length += child.endIndex - child.startIndex;
  }
  return length;
}
