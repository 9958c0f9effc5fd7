/** What every proxy is put through; `scenarios.ts` has them all. */
export type ScenarioName =
  | "authorizer-gone"
  | "authorizer-hangs"
  | "body-and-target"
  | "expired"
  | "first-contact"
  | "groups"
  | "join"
  | "key-changed"
  | "large-certificate"
  | "no-certificate"
  | "revoked-http2"
  | "revoked-kept"
  | "revoked-resumed"
  | "rotation"
  | "spoofed-fields"
  | "spoofed-certificate"
  | "websocket";
