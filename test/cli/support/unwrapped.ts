/** A text that was wrapped for people, on one line again. */
export function unwrapped(text: string): string {
  return text.replaceAll(/\n(?:# )?\s*(?=\S)/g, " ");
}
