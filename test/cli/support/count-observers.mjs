// Preloaded: writes a line to the file COUNT_OBSERVERS for each HandshakeObserver that is made, with its connection.
import { registerHooks } from "node:module";

const HOOK = `
import { appendFileSync } from "node:fs";
export class HandshakeObserver extends Observer {
  constructor(options) {
    super(options);
    appendFileSync(process.env.COUNT_OBSERVERS, options.connection + "\\n");
  }
}
`;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith("/tls/observer/handshake-observer.ts")) return loaded;
    const source = String(loaded.source).replace("export class HandshakeObserver", "class Observer");
    return { ...loaded, source: `${source}${HOOK}` };
  },
});
