import "./needs-node.ts";
export {
  type ClientOptions,
  connect,
  type ConnectOptions,
  type MetServer,
} from "./client/connection/connect.ts";
export { dispatcher, type DispatcherOptions } from "./client/http/dispatcher.ts";
export { httpsAgent, type HttpsPoolOptions } from "./client/http/https-agent.ts";
export {
  ensureIdentity,
  listIdentities,
  openIdentity,
  saveIdentity,
} from "./client/identities/identity-folder.ts";
export type { Identity, IdentityPem } from "./client/identities/identity.ts";
export { type Joined, type JoinOptions, joinWithToken } from "./client/join-with-token.ts";
export type { VerifyServer } from "./client/servers/judge-server.ts";
export { KnownServers, type KnownServersOptions } from "./client/servers/known-servers.ts";
export {
  renewIdentity,
  type RenewIdentityOptions,
  rotateIdentity,
  type RotateIdentityOptions,
} from "./client/identities/reissue-identity.ts";
export type { ServerAddress } from "./client/servers/server-address.ts";
export { SessionCache, type SessionCacheOptions } from "./client/connection/session-cache.ts";
export { ERROR_CODES, type ErrorCode, HandclaspError, isHandclaspError } from "./errors.ts";
export type { Act, GeneralAct, HandclaspAct, Remedy } from "./remedy.ts";
export type {
  AdmittedMessage,
  ChannelMessages,
  ErrorMessage,
  RefusedMessage,
  RevokedMessage,
} from "./guard/channels.ts";
export { type Guard, guard } from "./guard/guard.ts";
export { observe, type Observation, type ObserveOptions } from "./guard/observe.ts";
export type { ClientCertificate, GuardOptions } from "./guard/options.ts";
export type { TicketKeys } from "./guard/tickets/ticket-keys.ts";
export type {
  PendingClient,
  ReceivePending,
  ReceiveRefused,
  RefusedClient,
} from "./guard/refusal/waiting-room.ts";
export { peerOf } from "./guard/connection/peer-of.ts";
export type { Peer, PeerCertificate, PeerJson } from "./guard/connection/peer.ts";
export { openMemoryStore } from "./store/sqlite/memory-store.ts";
export { openStore } from "./store/open-store.ts";
export { PemDir } from "./store/pem-dir.ts";
export { openSqliteStore, type StoreOptions } from "./store/sqlite/sqlite-store.ts";
export type { TraceDirection, TraceMessage, TraceProblem } from "./tls/observer/trace-message.ts";
export { type CreateTokenOptions } from "./operator/secrets/invite.ts";
export { encodeJoinToken, type JoinToken, parseJoinToken } from "./trust/naming/join-token.ts";
export type {
  CertificateRecord,
  KeyPin,
  KeyRecord,
  KeySource,
  KeyState,
} from "./trust/records/key-record.ts";
export {
  type ActOptions,
  type ApproveOptions,
  type ManyOptions,
  type ImportOptions,
  Operator,
  type OperatorOptions,
} from "./operator/operator.ts";
export type { CreateApiTokenOptions, CreatedApiToken } from "./operator/secrets/issue-api-token.ts";
export type { FirstUse, Policy } from "./trust/records/policy.ts";
export {
  type TokenProblem,
  type TokenRecord,
  type TokenState,
  tokenState,
} from "./trust/records/token-record.ts";
export { Trust, type TrustOptions } from "./trust/trust.ts";
export type { Fall } from "./trust/judging/distrust.ts";
export type { CutReason } from "./trust/happenings/cut-reason.ts";
export type { Happening, HappeningOf, HappeningType } from "./trust/happenings/happening.ts";
export { Happenings, type HappeningsOptions } from "./trust/happenings/happenings.ts";
export type { TrustChange, TrustChanges } from "./trust/happenings/trust-changes.ts";
export { type AuditReport, auditRows } from "./trust/chain/audit-rows.ts";
export { applyChange } from "./trust/changes/apply-change.ts";
export type { Change, Compared, Outcome, SeenKey } from "./trust/records/change.ts";
export type { PreparedChange } from "./trust/changes/prepared-change.ts";
export type { RowsReport, TrustRows } from "./trust/chain/compare-rows.ts";
export {
  type Actor,
  CHAIN_START,
  type ChainHead,
  type EventDraft,
  type OperatorWay,
  parseEvent,
  type SealedEvent,
  sealEvent,
  type TrustEvent,
  type TrustEventType,
} from "./trust/records/events.ts";
export { neighbourhood } from "./trust/network/source-network.ts";
export { type IpNetwork, isInNetwork, parseIpNetwork } from "./trust/network/ip-network.ts";
export { toKeyId } from "./trust/naming/key-id.ts";
export type { KeyReference } from "./trust/naming/key-reference.ts";
export { nameKey } from "./trust/naming/peer-name.ts";
export { prepareChange } from "./trust/prepare-change.ts";
export { refusalPlace } from "./trust/sightings/refusal-place.ts";
export { keysMeantBy } from "./trust/naming/resolve-keys.ts";
export type { LiveConnection } from "./trust/records/sighting.ts";
export type { FirstUseWindow } from "./trust/records/first-use-window.ts";
export type { GroupMember, TrustTables } from "./trust/records/trust-tables.ts";
export type { ApiTokenRecord } from "./trust/records/api-token-record.ts";
export type { Scope } from "./trust/records/scope.ts";
export type { Desk, ListedApiToken, SessionRecord } from "./trust/port/desk.ts";
export type { Knowledge } from "./trust/port/knowledge.ts";
export type { Ledger, RefusalSighting, SightingBatch } from "./trust/port/ledger.ts";
export { everyItem, type Page, type PageFilter } from "./trust/port/page.ts";
export type {
  EventFilter,
  KeyFilter,
  KeySurroundings,
  ListedConnection,
  ListedGroup,
  ListedKey,
  ListedMember,
  MemberFilter,
  RefusalFilter,
  RefusalTally,
  RefusedParty,
  Roll,
  Search,
} from "./trust/port/roll.ts";
export type { TrustStore } from "./trust/port/trust-store.ts";
export type { LogBranch, Replication } from "./trust/port/replication.ts";
export type { StoreReport, StoreStats, Upkeep } from "./trust/port/upkeep.ts";
export type { RefusalDetail, RefusalReason, Verdict } from "./trust/records/verdict.ts";
export {
  type CertificateDescription,
  certificatesFromPem,
  describeCertificate,
  toPem,
} from "./x509/certificate-description.ts";
export { type CertificateFacts, readCertificate } from "./x509/certificate-facts.ts";
export type { KeyType } from "./x509/parts/public-key-info.ts";
export { type CreatedIdentity, createIdentity, type CreateIdentityOptions } from "./x509/create-identity.ts";
export type { IdentityType } from "./x509/identity-type.ts";
export { createPkcs12, type Pkcs12Options } from "./x509/pkcs12.ts";
export type { KeyOutcome, ManyAct, ManyKey } from "./operator/act-on-many.ts";
