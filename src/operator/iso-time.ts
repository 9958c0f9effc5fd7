/** A time for programs: ISO 8601 in UTC. */
export function toIsoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
