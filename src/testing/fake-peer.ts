import type { RequestListener } from "node:http";
import { Server as NetServer } from "node:net";
import { Server as TlsServer } from "node:tls";
import { BOOLEAN, check, checkOptions, type OptionRule, type OptionRules, TEXT } from "../check-options.ts";
import { HandclaspError } from "../errors.ts";
import { Peer } from "../guard/connection/peer.ts";
import { pretendPeer } from "../guard/connection/peer-of.ts";
import { nameKey, nameKeysOf, toPeerName } from "../trust/naming/peer-name.ts";
import { certificatesFromPem } from "../x509/certificate-description.ts";
import { type CertificateFacts, readCertificate } from "../x509/certificate-facts.ts";
import { fakeCertificate } from "./fake-certificate.ts";

export interface FakePeerOptions {
  readonly name: string;
  /** Default none. */
  readonly groups?: readonly string[];
  /** As PEM; default one that claims the name, the same in every run, to which nobody has the private key. */
  readonly certificate?: string;
  /** Default false, as the next three. */
  readonly firstUse?: boolean;
  readonly renewed?: boolean;
  readonly rotated?: boolean;
  readonly resumed?: boolean;
  /** Default `TLSv1.3`. */
  readonly tlsVersion?: string;
  /** The connection's id; default `fake`. */
  readonly connection?: string;
}

const TEXTS: OptionRule = {
  mustBe: "a list of texts",
  allows: (value) => Array.isArray(value) && value.every((each) => typeof each === "string"),
};
const RULES: OptionRules<FakePeerOptions> = {
  name: TEXT,
  groups: TEXTS,
  certificate: TEXT,
  firstUse: BOOLEAN,
  renewed: BOOLEAN,
  rotated: BOOLEAN,
  resumed: BOOLEAN,
  tlsVersion: TEXT,
  connection: TEXT,
};
const PLAIN_SERVER: OptionRule = {
  mustBe: "a server without TLS, of node:http, createServer() of node:http2, or node:net",
  allows: (value) => value instanceof NetServer && !(value instanceof TlsServer),
};

/** A client that is not there: what it is said to send has it as its peer, without TLS, guard or store. */
export class FakeClient<P extends Peer | undefined = Peer | undefined> {
  /** What `peerOf` answers; undefined for an anonymous client. */
  readonly peer: P;

  constructor(peer: P) {
    this.peer = peer;
    Object.freeze(this);
  }

  /** Has this client send a request, socket, session or stream, or any object that stands for one; gives that back. */
  sends<T extends object>(carrier: T): T {
    pretendPeer(carrier, this.peer);
    for (const below of ["stream", "session", "socket"]) {
      const object: unknown = Reflect.get(carrier, below);
      if (typeof object === "object" && object !== null) pretendPeer(object, this.peer);
    }
    return carrier;
  }

  /** The handler, to which each request comes from this client: `request(anna.through(app))` with supertest. */
  through(handler: RequestListener): RequestListener;
  through<A extends readonly [object, ...unknown[]], R>(handler: (...args: A) => R): (...args: A) => R;
  through<A extends readonly [object, ...unknown[]], R>(handler: (...args: A) => R): (...args: A) => R {
    return (...args) => {
      this.sends(args[0]);
      return handler(...args);
    };
  }

  /** The server, to which each connection comes from this client from now on. It has no TLS: with TLS, use a real client. */
  on<S extends NetServer>(server: S): S {
    check("the server of a fake client", server, PLAIN_SERVER, "guardedServer() makes one with TLS");
    for (const event of ["connection", "session", "stream"]) {
      server.prependListener(event, (carrier: object) => pretendPeer(carrier, this.peer));
    }
    return server;
  }
}

/**
 * A peer for tests of handlers. Reads no request and can be reached through `handclasp/testing` alone; it throws
 * ERR_HANDCLASP_OPTION where `NODE_ENV` is `production`, and ERR_HANDCLASP_NAME for what no peer is called.
 */
export function fakePeer(options: FakePeerOptions): FakeClient<Peer> {
  mustBeTest("fakePeer()");
  checkOptions("fakePeer()", options, RULES, ["name"]);
  const { groups = [], firstUse = false, renewed = false, rotated = false, resumed = false } = options;
  const { tlsVersion = "TLSv1.3", connection = "fake" } = options;
  const name = tamed(options.name);
  const facts = factsOf(name, options.certificate);
  const how = { firstUse, renewed, rotated, resumed, tlsVersion, connection };
  return new FakeClient(new Peer({ name, facts, groups: new FakeGroups(groups), ...how }));
}

/** A client without a certificate, as a guard lets in under `clientCertificate: "optional"`. */
export function fakeAnonymous(): FakeClient<undefined> {
  mustBeTest("fakeAnonymous()");
  return new FakeClient(undefined);
}

class FakeGroups {
  readonly #names: readonly string[];
  readonly #keys: ReadonlySet<string>;

  constructor(groups: readonly string[]) {
    const byKey = new Map(groups.map((group) => [nameKey(tamed(group)), tamed(group)]));
    this.#keys = new Set([...byKey.keys()].toSorted());
    this.#names = Object.freeze([...this.#keys].map((key) => byKey.get(key) ?? ""));
  }

  groupsOf(): readonly string[] {
    return this.#names;
  }

  isMember(_: unknown, group: string): boolean {
    return nameKeysOf(group).some((key) => this.#keys.has(key));
  }
}

function factsOf(name: string, pem: string | undefined): CertificateFacts {
  const [der = fakeCertificate(name)] = pem === undefined ? [] : certificatesFromPem(pem);
  return readCertificate(der);
}

function tamed(text: string): string {
  const name = toPeerName(text);
  if (name.ok) return name.name;
  throw new HandclaspError("ERR_HANDCLASP_NAME", `nothing can be called that: ${name.problem}`);
}

function mustBeTest(what: string): void {
  if (process.env["NODE_ENV"] !== "production") return;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `${what} is for tests, and NODE_ENV is "production"`);
}
