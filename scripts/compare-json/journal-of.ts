import type * as Library from "../../src/index.ts";

/** What is written down of connections, by whatever a checkout has for it: once that was `Trust` itself. */
export function journalOf(
  trust: Library.Trust,
): Pick<Library.Trust["journal"], "seen" | "refused" | "opened"> {
  interface FormerTrust extends Pick<Library.Trust["journal"], "seen" | "refused"> {
    connectionOpened(connection: Library.LiveConnection): void;
  }
  if ("journal" in trust) return trust.journal;
  const former = trust as FormerTrust;
  return {
    seen: (pin) => former.seen(pin),
    refused: (refusal, from) => former.refused(refusal, from),
    opened: (connection) => former.connectionOpened(connection),
  };
}
