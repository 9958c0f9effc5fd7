import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { HandclaspError } from "../../errors.ts";
import type { GuardedConnection } from "../../guard/connection/guarded-connection.ts";
import { parseIpAddress } from "../../trust/network/ip-network.ts";
import { type Endpoints, endpointsOf } from "./proxied-address.ts";
import { SIGNATURE } from "./read-proxy-header.ts";

const PROXY_COMMAND = 0x21;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;
const UNSPECIFIED = 0x00;
const MAX_BYTES = 0xffff;

/** Types of PROXY protocol version 2, §2.2; 0x28 came with HAProxy 3.1. */
const TLV = {
  alpn: 0x01,
  authority: 0x02,
  ssl: 0x20,
  version: 0x21,
  cn: 0x22,
  cipher: 0x23,
  sigAlg: 0x24,
  keyAlg: 0x25,
  clientCert: 0x28,
} as const;

const CLIENT_SSL = 0x01;
const CLIENT_CERT_CONN = 0x02;
const CLIENT_CERT_SESS = 0x04;

type IntroducedConnection = Pick<GuardedConnection, "socket" | "transport" | "peer">;

/**
 * A PROXY header, version 2, for a client that was let in: where it came from, and whom the guard recognised it as. Its
 * CN is the peer's name in the trust store, whatever the certificate says. Throws ERR_HANDCLASP_OPTION when the header
 * would be too long: there is no way to leave something out that its reader may rely on.
 */
export function encodeProxyHeader(connection: IntroducedConnection): Buffer {
  const { socket, transport } = connection;
  const endpoints = endpointsOf(transport);
  const addresses = endpoints && encodeAddresses(endpoints);
  const tlvs = [
    ...(socket.alpnProtocol ? [tlv(TLV.alpn, socket.alpnProtocol)] : []),
    ...(typeof socket.servername === "string" && socket.servername !== ""
      ? [tlv(TLV.authority, socket.servername)]
      : []),
    tlv(TLV.ssl, encodeTls(connection)),
  ];
  const rest = Buffer.concat([...(addresses === undefined ? [] : [addresses]), ...tlvs]);
  if (rest.length > MAX_BYTES) throw tooLong(rest.length);
  const fixed = Buffer.alloc(16);
  fixed.set(SIGNATURE);
  fixed.writeUInt8(PROXY_COMMAND, 12);
  fixed.writeUInt8(familyOf(addresses), 13);
  fixed.writeUInt16BE(rest.length, 14);
  return Buffer.concat([fixed, rest]);
}

/** `pp2_tlv_ssl`, §2.2.6. */
function encodeTls({ socket, peer }: IntroducedConnection): Buffer {
  const shown = peer === undefined ? 0 : CLIENT_CERT_SESS;
  // On a resumed connection the certificate comes from the session.
  const now = peer === undefined || peer.resumed ? 0 : CLIENT_CERT_CONN;
  const head = Buffer.alloc(5);
  head.writeUInt8(CLIENT_SSL | shown | now, 0);
  // Zero says "verified": of an anonymous client nothing was.
  head.writeUInt32BE(peer === undefined ? 1 : 0, 1);
  const own = ownCertificate(socket);
  return Buffer.concat([
    head,
    tlv(TLV.version, socket.getProtocol() ?? ""),
    ...(peer === undefined ? [] : [tlv(TLV.cn, peer.name)]),
    tlv(TLV.cipher, socket.getCipher().name),
    ...(own.sigAlg === undefined ? [] : [tlv(TLV.sigAlg, own.sigAlg)]),
    ...(own.keyAlg === undefined ? [] : [tlv(TLV.keyAlg, own.keyAlg)]),
    ...(peer === undefined ? [] : [tlv(TLV.clientCert, peer.certificate.der)]),
  ]);
}

interface OwnAlgorithms {
  readonly sigAlg: string | undefined;
  readonly keyAlg: string | undefined;
}

let lastOwn: { readonly der: Buffer; readonly algorithms: OwnAlgorithms } | undefined;

/** Algorithms of the certificate that we show, as HAProxy spells them: `RSA2048`, `EC256`. Read once for each. */
function ownCertificate(socket: TLSSocket): OwnAlgorithms {
  const der = socket.getX509Certificate()?.raw;
  if (der === undefined) return { sigAlg: undefined, keyAlg: undefined };
  if (lastOwn?.der.equals(der) === true) return lastOwn.algorithms;
  const certificate = new X509Certificate(der);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  const algorithms = {
    sigAlg: certificate.signatureAlgorithm,
    keyAlg: keyAlgorithm(type, details?.modulusLength, details?.namedCurve),
  };
  lastOwn = { der, algorithms };
  return algorithms;
}

const CURVE_BITS: Readonly<Record<string, number>> = { prime256v1: 256, secp384r1: 384, secp521r1: 521 };

function keyAlgorithm(
  type: string | undefined,
  rsaBits: number | undefined,
  curve: string | undefined,
): string | undefined {
  if (type === "rsa" || type === "rsa-pss") return rsaBits === undefined ? undefined : `RSA${rsaBits}`;
  if (type !== "ec") return type?.toUpperCase();
  const bits = CURVE_BITS[curve ?? ""];
  return bits === undefined ? undefined : `EC${bits}`;
}

/** Undefined when the two ends are no pair of IP addresses of one family. */
function encodeAddresses(endpoints: Endpoints): Buffer | undefined {
  const { sourceAddress, destinationAddress, sourcePort, destinationPort } = endpoints;
  const source = parseIpAddress(sourceAddress);
  const destination = parseIpAddress(destinationAddress);
  if (source === undefined || destination === undefined) return undefined;
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(sourcePort, 0);
  ports.writeUInt16BE(destinationPort, 2);
  const is4 = source.length === 4 && destination.length === 4;
  const both = is4 ? [source, destination] : [to16(source), to16(destination)];
  return Buffer.concat([...both.map((address) => Uint8Array.from(address)), ports]);
}

/** RFC 4291 §2.5.5.2. */
function to16(address: readonly number[]): readonly number[] {
  return address.length === 16 ? address : [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...address];
}

function familyOf(addresses: Buffer | undefined): number {
  if (addresses === undefined) return UNSPECIFIED;
  return addresses.length === 12 ? TCP_OVER_IPV4 : TCP_OVER_IPV6;
}

function tlv(type: number, value: string | Uint8Array): Buffer {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  if (bytes.length > MAX_BYTES) throw tooLong(bytes.length);
  const head = Buffer.alloc(3);
  head.writeUInt8(type, 0);
  head.writeUInt16BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

function tooLong(bytes: number): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", `a PROXY header cannot hold ${bytes} bytes`, {
    hint: 'the client needs a smaller certificate, or the listener sendProxy = "none"',
  });
}
