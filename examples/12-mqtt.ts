// An MQTT broker that knows its clients. Each has the topics below peers/NAME/ for itself, and NAME is its client id.
import type { AddressInfo } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { Aedes, type Client } from "aedes";
import { guard, openStore, type Peer, peerOf, Trust } from "../src/index.ts";
import { serverIdentity } from "./server-identity.ts";

const store = openStore("trust.db");
const trust = new Trust(store, {
  policy: { firstUse: "accept" },
  now: Date.now,
  process: `mqtt ${process.pid}`,
});

const peerOfClient = (client: Client): Peer | undefined => peerOf(client.conn as TLSSocket);
/** Names are for clients to choose: encoded, they cannot have wildcards or slashes. */
const topicsOf = (client: Client): string => `peers/${encodeURIComponent(peerOfClient(client)?.name ?? "")}/`;

const broker = await Aedes.createBroker({
  authenticate: (client, _username, _password, done) => done(null, client.id === peerOfClient(client)?.name),
  authorizeSubscribe: (client, subscription, done) => {
    done(null, subscription.topic.startsWith(topicsOf(client)) ? subscription : null);
  },
  authorizePublish: (client, { topic }, done) => {
    const allowed = client !== null && topic.startsWith(topicsOf(client));
    done(allowed ? null : new Error(`${client?.id} may not publish to ${topic}`));
  },
});
broker.on("subscribe", (_subscriptions, client) => {
  const peer = peerOfClient(client);
  const how = peer?.firstUse ? "met for the first time" : peer?.renewed ? "with a new certificate" : "known";
  const payload = `Hello, ${peer?.name}: ${how}\n`;
  broker.publish(
    { cmd: "publish", topic: `${topicsOf(client)}greeting`, payload, qos: 0, retain: false, dup: false },
    () => undefined,
  );
});

const server = createServer(await serverIdentity(), (socket) => {
  broker.handle(socket);
});
guard(server, trust);

server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`);
});
