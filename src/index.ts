export { ERROR_CODES, type ErrorCode, HandclaspError, isHandclaspError } from "./errors.ts";
export { openMemoryStore } from "./store/memory-store.ts";
export { openStore } from "./store/open-store.ts";
export { openSqliteStore, type StoreOptions } from "./store/sqlite-store.ts";
export { type ApproveOptions, Operator, type OperatorOptions } from "./trust/operator.ts";
export type { FirstUse, Policy } from "./trust/policy.ts";
export { Trust, type TrustOptions } from "./trust/trust.ts";
export type { TrustStore } from "./trust/trust-store.ts";
