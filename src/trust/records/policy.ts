/** What a key that was never seen leads to. OpenSSH's words: accept-new, ask, yes. */
export type FirstUse = "accept" | "ask" | "refuse";

/** What a new key leads to that a trusted one endorsed. */
export type Rotation = "accept" | "ask" | "refuse";

export interface Policy {
  readonly firstUse: FirstUse;
  /** `name`: the certificate's claimed name becomes the peer's. `key`: the key id does. */
  readonly bind: "name" | "key";
  /** `ignore` admits expired and not yet valid certificates of trusted keys: dangerous. */
  readonly validity: "enforce" | "ignore";
  /** `ask` keeps the new key for review, `refuse` treats it as any other unknown key. */
  readonly rotation: Rotation;
}

export const DEFAULT_POLICY: Policy = {
  firstUse: "ask",
  bind: "name",
  validity: "enforce",
  rotation: "accept",
};
