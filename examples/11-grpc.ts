// gRPC on a server that knows its clients. The method is /handclasp.example.Greeter/Watch, its messages are text.
import { AsyncLocalStorage } from "node:async_hooks";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import {
  type handleServerStreamingCall,
  ResponderBuilder,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { guard, openStore, type Peer, peerOf, Trust } from "../src/index.ts";
import { serverIdentity } from "./server-identity.ts";

const store = openStore("trust.db");
const trust = new Trust(store, {
  policy: { firstUse: "accept" },
  now: Date.now,
  process: `grpc ${process.pid}`,
});

const text = {
  serialize: (message: string): Buffer => Buffer.from(message),
  deserialize: (bytes: Buffer): string => bytes.toString(),
};
const Greeter: ServiceDefinition = {
  watch: {
    path: "/handclasp.example.Greeter/Watch",
    requestStream: false,
    responseStream: true,
    requestSerialize: text.serialize,
    requestDeserialize: text.deserialize,
    responseSerialize: text.serialize,
    responseDeserialize: text.deserialize,
  },
};

const PEERS = new AsyncLocalStorage<Peer | undefined>();
/** A call begins in the context of its connection, and gRPC loses that before the handler is called. */
const keepPeer: ServerInterceptor = (_method, call) => {
  const inContext = AsyncLocalStorage.snapshot();
  const listener = new ServerListenerBuilder()
    .withOnReceiveMetadata((metadata, next) => inContext(next, metadata))
    .withOnReceiveHalfClose((next) => inContext(next));
  const responder = new ResponderBuilder().withStart((next) => next(listener.build()));
  return new ServerInterceptingCall(call, responder.build());
};

const watch: handleServerStreamingCall<string, string> = (call) => {
  const peer = PEERS.getStore();
  const how = peer?.firstUse ? "met for the first time" : peer?.renewed ? "with a new certificate" : "known";
  call.write(`Hello, ${peer?.name}: ${how}\n`);
};

const rpc = new Server({ interceptors: [keepPeer] });
rpc.addService(Greeter, { watch });
const injector = rpc.createConnectionInjector(ServerCredentials.createInsecure());

// TLS is done by this server; what is handed to gRPC is the connection of a client that was recognised.
const server = createServer({ ...(await serverIdentity()), ALPNProtocols: ["h2"] }, (socket) => {
  PEERS.run(peerOf(socket), () => injector.injectConnection(socket));
});
guard(server, trust);

server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`);
});
