// A store in a file, and what was backed up of it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { Operator } from "../../../src/operator/operator.ts";
import type { RestoreOptions, RestoreReport } from "../../../src/operator/restore-store.ts";
import { type Backup, openBackup } from "../../../src/store/open-backup.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { KeyRecord } from "../../../src/trust/records/key-record.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { toSeenCertificate } from "../../../src/trust/judging/seen-certificate.ts";
import type { CertificateFacts } from "../../../src/x509/certificate-facts.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const AT = Date.UTC(2030, 0, 1);
const SERVER = { user: null, process: "serve 1", address: "192.0.2.1", listener: null };
const PENDING = { pendingExpires: AT + 1000, maxPending: 10 };

/** A store in a file, its backups, and who acts on it a second later each time. */
export class Archive implements AsyncDisposable {
  readonly folder: string = temporaryFolder();
  readonly store: TrustStore;
  readonly operator: Operator;
  at: number = AT;
  #backups = 0;

  constructor(file?: string) {
    this.store = openStore(file ?? join(this.folder, "trust.db"));
    const now = (): number => (this.at += 1000);
    this.operator = new Operator(this.store, { user: "olga", process: "test 1", now });
  }

  /** A backup of now, opened. */
  async backUp(): Promise<Backup> {
    const path = join(this.folder, `backup-${++this.#backups}.db`);
    await this.store.backup(path);
    return openBackup(path);
  }

  /** A copy of now that goes its own way. */
  async fork(): Promise<Archive> {
    const path = join(this.folder, "fork.db");
    await this.store.backup(path);
    return new Archive(path);
  }

  async meet(name: string): Promise<CertificateFacts> {
    const facts = factsOf(name);
    await this.store.apply(claimOf(facts));
    return facts;
  }

  async rotate(from: CertificateFacts, to: CertificateFacts): Promise<void> {
    const origin = { at: (this.at += 1000), actor: SERVER, ...PENDING };
    const endorsedBy = { pin: from.pin, issuedAt: this.at };
    const certificate = toSeenCertificate(to);
    const outcome = await this.store.apply({ type: "rotate", ...origin, endorsedBy, certificate });
    assert.equal(outcome.kind, "changed");
  }

  standing({ pin }: CertificateFacts): readonly [KeyRecord["state"] | null, string | null] {
    const key = this.store.key(pin);
    return [key?.state ?? null, key?.peer ?? null];
  }

  async restore(backup: Backup, options: RestoreOptions = {}): Promise<RestoreReport> {
    const report = await this.operator.restore(backup.store, options);
    const { chain, rows } = this.store.audit();
    assert.deepEqual([chain.broken, rows?.differences], [null, []]);
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}
