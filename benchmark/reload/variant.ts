/** What a configuration says, of all that reloads change. Everything that the clients do is allowed by each of them. */
export interface Variant {
  readonly names: readonly string[];
  readonly allow: readonly string[];
  readonly denied: readonly string[];
  readonly service: 0 | 1;
  readonly identity: 0 | 1;
  readonly limit: number;
}

export const FIRST: Variant = {
  names: ["localhost"],
  allow: ["client"],
  denied: ["/admin"],
  service: 0,
  identity: 0,
  limit: 5000,
};

/** One change of each kind. */
const CHANGES: readonly ((from: Variant, round: number) => Variant)[] = [
  (from, round) => ({ ...from, names: ["localhost", `name-${round}.test`] }),
  (from, round) => ({ ...from, allow: ["client", `friend-${round}`] }),
  (from, round) => ({ ...from, denied: ["/admin", `/admin-${round}`] }),
  (from) => ({ ...from, service: from.service === 0 ? 1 : 0 }),
  (from) => ({ ...from, identity: from.identity === 0 ? 1 : 0 }),
  (from, round) => ({ ...from, limit: 5000 + round }),
];

/** The next configuration, which differs in one thing; the kinds take turns. */
export function change(from: Variant, round: number): Variant {
  return CHANGES[round % CHANGES.length]?.(from, round) ?? from;
}
