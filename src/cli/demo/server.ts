import { once } from "node:events";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import type { AdmittedMessage } from "../../guard/channels.ts";
import { guard } from "../../guard/guard.ts";
import { observe } from "../../guard/observe.ts";
import type { TraceMessage } from "../../tls/observer/trace-message.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { Trust } from "../../trust/trust.ts";
import type { CreatedIdentity } from "../../x509/create-identity.ts";
import { processName } from "../trust-store/process-name.ts";
import { greet } from "../../gateway/greeter/greet.ts";

/** A guarded server on loopback that greets, and tells whom it saw last. */
export interface DemoServer extends AsyncDisposable {
  readonly port: number;
  /** `met anna`, `recognised anna, resumed`, …: what the server said of its last admitted client. */
  lastSeen(): string;
  /** Waits until the store has all that happened. */
  flush(): Promise<void>;
  /** What was observed of the first connection, and of no other. */
  readonly firstConnection: readonly TraceMessage[];
}

/** Starts the server of the demo; it accepts first use and demands a certificate. */
export async function startDemoServer(store: TrustStore, identity: CreatedIdentity): Promise<DemoServer> {
  const trust = new Trust(store, {
    policy: { firstUse: "accept" },
    now: Date.now,
    process: processName("demo"),
  });
  const server = createServer({ key: identity.privateKeyPem, cert: identity.certificatePem }, (socket) =>
    greet(socket),
  );
  const guarded = guard(server, trust);
  const firstConnection: TraceMessage[] = [];
  const observation = observe(server, (message) => {
    observation.close();
    firstConnection.push(message);
  });
  let last = "saw nobody";
  const met = (message: unknown): void => void (last = `met ${(message as AdmittedMessage).peer.name}`);
  const recognised = (message: unknown): void => {
    const { peer } = message as AdmittedMessage;
    last = `recognised ${peer.name}${peer.resumed ? ", resumed" : ""}`;
  };
  subscribe("handclasp:met", met);
  subscribe("handclasp:recognised", recognised);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    lastSeen: () => last,
    flush: () => trust.flush(),
    firstConnection,
    async [Symbol.asyncDispose]() {
      unsubscribe("handclasp:met", met);
      unsubscribe("handclasp:recognised", recognised);
      observation.close();
      server.close();
      guarded.close();
      await trust[Symbol.asyncDispose]();
    },
  };
}
