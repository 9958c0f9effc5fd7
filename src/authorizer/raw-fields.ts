/** The lines of a field, as they came; its name in lower case. `rawFields` is Node's `rawHeaders`, in which none is lost. */
export function fieldLines(rawFields: readonly string[], name: string): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at + 1 < rawFields.length; at += 2) {
    const given = rawFields[at] ?? "";
    if (given.length === name.length && given.toLowerCase() === name) lines.push(rawFields[at + 1] ?? "");
  }
  return lines;
}
