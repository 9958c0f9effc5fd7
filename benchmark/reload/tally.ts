/** What the clients of one server saw, by what became of their requests. */
export class Tally {
  answered = 0;
  /** Requests that got no answer of the service, by what came instead. */
  readonly lost: Map<string, number> = new Map();
  /** How often each of the two services answered. */
  readonly services: Map<string, number> = new Map();

  answer(service: string): void {
    this.answered += 1;
    this.services.set(service, (this.services.get(service) ?? 0) + 1);
  }

  lose(what: string): void {
    this.lost.set(what, (this.lost.get(what) ?? 0) + 1);
  }

  get losses(): number {
    return [...this.lost.values()].reduce((sum, count) => sum + count, 0);
  }
}
