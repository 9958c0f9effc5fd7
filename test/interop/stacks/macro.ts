import { versionOf } from "../run-program.ts";

/** The text that a header of C defines a macro as; undefined when there is no compiler or no such header. */
export function macroOf(header: string, macro: string): Promise<string | undefined> {
  const script = `echo '#include <${header}>\n${macro}' | cc -E -P -`;
  return versionOf(["sh", "-c", script], /^"(.*)"$/m);
}
