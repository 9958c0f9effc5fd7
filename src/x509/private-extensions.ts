/**
 * Our two certificate extensions, named by UUIDs (ITU-T X.667 §7): nobody had to assign them.
 * `docs/reference/extensions.md` has them byte by byte.
 */
export interface PrivateExtension {
  readonly oid: string;
  /** The OID's content in DER, without tag and length. */
  readonly content: Uint8Array;
}

/** UUID 72346a64-4e5a-4bf0-bed3-e24b15f84e6c. */
export const JOIN_PROOF: PrivateExtension = {
  oid: "2.25.151804148838607451759501896243461246572",
  content: fromHex("6981e4b4b59989e5d2afe1bee9f8c9b1afe19c6c"),
};

/** UUID e297b95a-d55d-4150-adfe-982fc77e21eb. */
export const ENDORSEMENT: PrivateExtension = {
  oid: "2.25.301193323315374093726256512548466467307",
  content: fromHex("6983c597dcd6dad5ea85a1adffa685fcbbf8c36b"),
};

function fromHex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits, "hex"));
}
