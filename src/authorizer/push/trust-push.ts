/** Keeps what a proxy looks up by itself as the trust store has it, so that it need not ask for each request. */
export interface TrustPush {
  /** Begins, and never ends by itself: what fails is told and tried again. */
  start(): void;
  /** Stops. What a proxy was told so far is not to outlive it unseen. */
  close(): Promise<void>;
}
