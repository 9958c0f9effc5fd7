/** The kinds of key an identity can have. */
export const IDENTITY_TYPES = ["p256", "ed25519", "rsa", "ml-dsa-44", "ml-dsa-65", "ml-dsa-87"] as const;
export type IdentityType = (typeof IDENTITY_TYPES)[number];
