import type { NodeListener } from "./node-roster.ts";

/** The setting of a machine in which the listeners of the server that was last started there are kept. */
export const LISTENERS_SETTING = "server";

/** Its last listener, and all where it has several; with it, when it was written and what follows from the pin. */
interface KeptServer extends NodeListener {
  readonly listeners?: readonly NodeListener[];
}

/** The listeners in that setting, the last one last; none where no server was started, or something else was put there. */
export function keptListeners(text: string | undefined): readonly NodeListener[] {
  if (text === undefined || !text.startsWith("{")) return [];
  const kept = JSON.parse(text) as KeptServer;
  return (kept.listeners ?? [kept]).map(({ address, host, port, pin, starttls }) => ({
    address,
    host,
    port,
    pin,
    ...(starttls !== undefined && { starttls }),
  }));
}
