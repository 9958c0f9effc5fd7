/** One packet as it was captured, with what its file says of it. */
export interface Packet {
  /** Counted from 1 over the whole file, as Wireshark does. */
  readonly number: number;
  /** Milliseconds since 1970 with fractions; undefined for simple packet blocks, which carry no time. */
  readonly timeMs: number | undefined;
  /** LINKTYPE_ number (draft-ietf-opsawg-pcaplinktype). */
  readonly linkType: number;
  /** Within its section of a pcapng file; 0 in a pcap file. */
  readonly interfaceId: number;
  /** A view of the file's bytes; shorter than `originalLength` when the capture cut the packet. */
  readonly data: Uint8Array;
  readonly originalLength: number;
}

/** TLS secrets found inside the file, in the form of an SSLKEYLOGFILE (RFC 9850). */
export interface EmbeddedSecrets {
  readonly keyLog: string;
}

/** Takes what a capture holds, in the order of the file. */
export interface CaptureSink {
  packet(packet: Packet): void;
  secrets(secrets: EmbeddedSecrets): void;
}
