import { createHash, randomBytes } from "node:crypto";

const PREFIX = "hca1.";
const ID_BYTES = 16;
const SECRET_BYTES = 32;
const TEXT = /^hca1\.[A-Za-z0-9_-]{43}$/;

/** A new API token, and what a store keeps of it. */
export interface NewApiToken {
  /** 16 bytes, lower-case hex: the store's name for it. */
  readonly id: string;
  /** `hca1.` and 32 random bytes as base64url (RFC 4648 §5). Whoever has it has the token's scope. */
  readonly text: string;
  readonly hash: string;
}

export function createApiToken(): NewApiToken {
  const text = PREFIX + randomBytes(SECRET_BYTES).toString("base64url");
  return { id: randomBytes(ID_BYTES).toString("hex"), text, hash: hashOfSecret(text) };
}

/** Whether a text can be an API token. */
export function isApiToken(text: string): boolean {
  return TEXT.test(text);
}

/** What a store keeps of the text that lets somebody in: SHA-256, 64 lower-case hex digits. It is found by nobody who has only that. */
export function hashOfSecret(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
