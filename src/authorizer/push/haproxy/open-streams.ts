import type { KeyPin } from "../../../x509/certificate-facts.ts";
import { refused, type RuntimeApi } from "./runtime-api.ts";

/** What HAProxy's configuration calls the table of requests and connections that were let in and are not over. */
export const OPEN_TABLE = "handclasp_open";

/** Somebody who was let in, and is still there. */
export interface OpenStream {
  readonly pin: KeyPin;
  /** `ADDRESS:PORT`, as HAProxy writes it. */
  readonly from: string;
}

/** Whoever HAProxy has let in, and is still there; undefined when its configuration has no table of them. */
export async function openStreams(api: RuntimeApi): Promise<readonly OpenStream[] | undefined> {
  const answer = await api.ask(`show table ${OPEN_TABLE} data.conn_cur gt 0`);
  if (!answer.startsWith(`# table: ${OPEN_TABLE},`)) return undefined;
  // What is no letter or digit may stand behind a backslash.
  const keys = answer.replaceAll("\\", "").matchAll(/ key=(sha256:[A-Za-z0-9+/]{43}=)\/(\S+) /g);
  return Array.from(keys, ([, pin, from = ""]) => ({ pin: pin as KeyPin, from }));
}

/** Ends all that goes on from these addresses and ports. Resolves with why that cannot be. */
export async function shutDown(api: RuntimeApi, from: ReadonlySet<string>): Promise<Error | undefined> {
  // There is none with that number: what it is answered says whether the socket has the right to.
  const problem = await shutDownOne(api, "0x1");
  if (problem !== undefined || from.size === 0) return problem;
  const sessions = await api.ask("show sess");
  for (const [, id = "", source = ""] of sessions.matchAll(/^(0x[0-9a-f]+): proto=\S+ src=(\S+) /gm)) {
    if (from.has(source)) await shutDownOne(api, id);
  }
  return undefined;
}

async function shutDownOne(api: RuntimeApi, id: string): Promise<Error | undefined> {
  const shutdown = `shutdown session ${id}`;
  const answer = await api.ask(shutdown);
  // One may have ended by itself meanwhile.
  return answer === "" || answer.startsWith("No such session") ? undefined : refused(shutdown, answer);
}
