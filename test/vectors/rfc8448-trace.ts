/** The traffic secrets of a trace, by the names of RFC 8448: `c hs traffic` and so on. */
export type TrafficSecret = "c e traffic" | "c hs traffic" | "s hs traffic" | "c ap traffic" | "s ap traffic";

/** What a traffic secret leads to, as the trace states it. */
export interface TracedSecret {
  readonly secret: Uint8Array;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

/** A record on the wire, in the clear when `under` is missing. */
export interface TracedRecord {
  readonly from: "client" | "server";
  readonly bytes: Uint8Array;
  readonly under?: TrafficSecret;
  /** The content type and content inside, for a protected record. */
  readonly type?: number;
  readonly content?: Uint8Array;
}

/**
 * One section of RFC 8448. Its suite is TLS_AES_128_GCM_SHA256 throughout. The client's Finished of sections 5, 6 and
 * 7 is what its record opens to under the stated secret, not copied from the page.
 */
export interface Trace {
  readonly section: string;
  readonly presharedKey?: Uint8Array;
  /** What the key exchange agreed on, where the trace states it. */
  readonly sharedSecret?: Uint8Array;
  /** What it can be computed from, where it is not stated. */
  readonly x25519?: { readonly clientPrivate: Uint8Array; readonly serverPublic: Uint8Array };
  readonly earlySecret: Uint8Array;
  readonly handshakeSecret: Uint8Array;
  /** The "master" secret. */
  readonly mainSecret?: Uint8Array;
  readonly exporterSecret: Uint8Array;
  readonly resumptionSecret: Uint8Array;
  readonly secrets: Readonly<Partial<Record<TrafficSecret, TracedSecret>>>;
  /** In the order of the wire. */
  readonly records: readonly TracedRecord[];
}

/** Bytes from hex with white space anywhere. */
export function hex(strings: TemplateStringsArray): Uint8Array {
  return new Uint8Array(Buffer.from(strings.join("").replaceAll(/\s/g, ""), "hex"));
}
