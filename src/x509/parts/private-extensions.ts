import { fromHex } from "../der/from-hex.ts";

/**
 * Our two certificate extensions, named by UUIDs below 1.2.840.113556.1.8000.2554, where nobody has to assign them. Each
 * UUID is cut into arcs of 16 and 24 bits: below 2.25 it is one of 128, which Go, GnuTLS and Botan cannot read.
 * `docs/reference/extensions.md` has them byte by byte.
 */
export interface PrivateExtension {
  readonly oid: string;
  /** The OID's content in DER, without tag and length. */
  readonly content: Uint8Array;
}

/** UUID 72346a64-4e5a-4bf0-bed3-e24b15f84e6c. */
export const JOIN_PROOF: PrivateExtension = {
  oid: "1.2.840.113556.1.8000.2554.29236.27236.20058.19440.48851.14830357.16273004",
  content: fromHex("2a864886f71401be40937a81e43481d464819c5a81977082fd538789961587e19c6c"),
};

/** UUID e297b95a-d55d-4150-adfe-982fc77e21eb. */
export const ENDORSEMENT: PrivateExtension = {
  oid: "1.2.840.113556.1.8000.2554.58007.47450.54621.16720.44542.9973703.8266219",
  content: fromHex("2a864886f71401be40937a83c51782f25a83aa5d81825082db7e84e0df4783f8c36b"),
};
