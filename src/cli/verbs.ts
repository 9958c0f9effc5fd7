import { Command } from "commander";
import { readVersion } from "../version.ts";

/** Each verb's module is loaded only when the verb is used: `--help` stays quick. */
interface Verb {
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: () => Command }>;
}

const VERBS: Readonly<Record<string, Verb>> = {
  serve: {
    summary: "a server that greets clients it knows, to try things out",
    load: () => import("./serve.ts"),
  },
  connect: {
    summary: "connect to a TLS server with an identity of our own",
    load: () => import("./connect.ts"),
  },
  gateway: {
    summary: "trust on first use in front of any service",
    load: () => import("./gateway.ts"),
  },
  authorizer: {
    summary: "the verdicts of the store, for proxies that end TLS themselves",
    load: () => import("./authorizer.ts"),
  },
  token: { summary: "invite a client with one string", load: () => import("./token.ts") },
  join: { summary: "use a token: be known to a server, and know it", load: () => import("./join.ts") },
  trust: {
    summary: "who is trusted: list, approve, revoke, events, audit",
    load: () => import("./trust.ts"),
  },
  "api-token": {
    summary: "let programs and people act as operators by the API",
    load: () => import("./api-token.ts"),
  },
  ui: { summary: "the operator's page, on this machine", load: () => import("./ui.ts") },
  "check-config": {
    summary: "what is wrong with a gateway's configuration",
    load: () => import("./check-config.ts"),
  },
  forward: { summary: "the client's half of a tunnel to a gateway", load: () => import("./forward.ts") },
  group: { summary: "peers that a gateway lets in together", load: () => import("./group.ts") },
  trace: {
    summary: "TLS handshakes message by message: live, or from a capture",
    load: () => import("./trace.ts"),
  },
  explain: {
    summary: "why a client was refused, and what changes that",
    load: () => import("./explain.ts"),
  },
  refusals: {
    summary: "who was refused, when, why and how often",
    load: () => import("./refusals.ts"),
  },
  identity: { summary: "our own keys and certificates", load: () => import("./identity.ts") },
  store: {
    summary: "the trust store: check, back up, restore, copy, compact",
    load: () => import("./store.ts"),
  },
  demo: { summary: "the whole story in one run", load: () => import("./demo.ts") },
  doctor: { summary: "what is set up, and what is not", load: () => import("./doctor.ts") },
  completion: {
    summary: "have a shell complete verbs, options and what they can be",
    load: async () => {
      const { completionCommand } = await import("./completion.ts");
      return { command: () => completionCommand(commandTree) };
    },
  },
};

/** The command line as a tree, whole or with only that verb's branch, which is all that a run of it needs. */
export async function commandTree(only?: string): Promise<Command> {
  const program = new Command("handclasp")
    .description("Trust on first use for TLS clients: mutual TLS without a certificate authority.")
    .version(readVersion(), "--version")
    .configureHelp({ showGlobalOptions: true });
  for (const [name, { summary, load }] of Object.entries(VERBS)) {
    const isWanted = only === undefined || only === name;
    const command = isWanted ? (await load()).command() : new Command(name);
    program.addCommand(command.description(summary));
  }
  return program;
}
