/** Bytes of a TLS structure, built in the way RFC 8446 §3 writes them. */
export type Bytes = Uint8Array | readonly number[];

export function concat(...parts: readonly Bytes[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}

export function uint(length: 1 | 2 | 3 | 4, value: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => Math.floor(value / 256 ** (length - 1 - index)) % 256);
}

export function vector(lengthBytes: 1 | 2 | 3, ...parts: readonly Bytes[]): Uint8Array {
  const content = concat(...parts);
  return concat(uint(lengthBytes, content.length), content);
}

export function codes(lengthBytes: 1 | 2, values: readonly number[]): Uint8Array {
  return vector(lengthBytes, ...values.map((value) => uint(2, value)));
}

export function extension(type: number, ...body: readonly Bytes[]): Uint8Array {
  return concat(uint(2, type), vector(2, ...body));
}

export function text(value: string): Uint8Array {
  return Uint8Array.from(Buffer.from(value, "latin1"));
}

export interface ClientHelloParts {
  readonly version?: number;
  readonly random?: Bytes;
  readonly sessionId?: Bytes;
  readonly suites?: readonly number[];
  readonly extensions?: readonly Bytes[];
}

export const RANDOM: Uint8Array = Uint8Array.from({ length: 32 }, (_, index) => index + 1);

export function clientHello(parts: ClientHelloParts = {}): Uint8Array {
  const { version = 0x0303, random = RANDOM, sessionId = [], suites = [0x1301], extensions } = parts;
  const fields = concat(uint(2, version), random, vector(1, sessionId), codes(2, suites), vector(1, [0]));
  return extensions === undefined ? fields : concat(fields, vector(2, ...extensions));
}

export function serverHello(extensions: readonly Bytes[] | undefined, random: Bytes = RANDOM): Uint8Array {
  const fields = concat(uint(2, 0x0303), random, vector(1), uint(2, 0x1301), [0]);
  return extensions === undefined ? fields : concat(fields, vector(2, ...extensions));
}

/** A handshake message with its header. */
export function message(type: number, body: Bytes): Uint8Array {
  return concat([type], vector(3, body));
}

export function record(type: number, fragment: Bytes, version = 0x0303): Uint8Array {
  return concat([type], uint(2, version), vector(2, fragment));
}
