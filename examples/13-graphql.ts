// GraphQL Yoga on a server that knows its clients. Start it, then post { greeting } to https://127.0.0.1:PORT/graphql
import { createServer } from "node:https";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createPubSub, createSchema, createYoga, Repeater } from "graphql-yoga";
import { guard, openStore, type Peer, peerOf, Trust } from "../src/index.ts";
import { serverIdentity } from "./server-identity.ts";

interface Context {
  readonly peer: Peer | undefined;
}

const store = openStore("trust.db");
const trust = new Trust(store, {
  policy: { firstUse: "accept" },
  now: Date.now,
  process: `graphql ${process.pid}`,
});

function greetingFor({ peer }: Context): string {
  const how = peer?.firstUse ? "met for the first time" : peer?.renewed ? "with a new certificate" : "known";
  return `Hello, ${peer?.name}: ${how}`;
}

const arrivals = createPubSub<{ arrival: [name: string] }>();
const schema = createSchema<Context & { req: IncomingMessage }>({
  typeDefs: `
    type Query { greeting: String! }
    type Subscription { news: String! }
  `,
  resolvers: {
    Query: {
      greeting: (_root, _arguments, context) => {
        arrivals.publish("arrival", `${context.peer?.name} is here`);
        return greetingFor(context);
      },
    },
    Subscription: {
      news: {
        subscribe: (_root, _arguments, context) => {
          return Repeater.merge([[greetingFor(context)], arrivals.subscribe("arrival")]);
        },
        resolve: (news: string) => news,
      },
    },
  },
});

const yoga = createYoga<{ req: IncomingMessage }, Context>({
  schema,
  context: ({ req }) => ({ peer: peerOf(req) }),
});
const server = createServer(await serverIdentity(), (request, response) => void yoga(request, response));
guard(server, trust);

server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  console.log(`listening on https://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
