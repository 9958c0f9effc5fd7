/** Block types that are read or written. draft-ietf-opsawg-pcapng §10.1. */
export const BLOCK = {
  interfaceDescription: 0x00000001,
  packet: 0x00000002,
  simplePacket: 0x00000003,
  enhancedPacket: 0x00000006,
  decryptionSecrets: 0x0000000a,
  sectionHeader: 0x0a0d0d0a,
} as const;

/** The first field of a section, in the section's byte order. draft-ietf-opsawg-pcapng §4.1. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** "TLSK": the secrets are an SSLKEYLOGFILE. draft-ietf-opsawg-pcapng §4.8. */
export const SECRETS_TLS_KEY_LOG = 0x544c534b;
