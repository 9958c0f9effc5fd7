import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { auditProblem, notCompared, tailProblem, toJsonRows } from "../../src/operator/audit-problem.ts";
import type { AuditReport } from "../../src/trust/chain/audit-rows.ts";
import { CHAIN_START } from "../../src/trust/records/events.ts";
import { factsOf } from "../support/certificates.ts";
import { Office } from "../trust/support/office.ts";

describe("auditProblem", () => {
  it("finds nothing wrong with a store that nobody else wrote to", async () => {
    const office = new Office();
    await office.operator.import(factsOf("anna"));
    const report = office.store.audit();
    assert.equal(auditProblem(report), undefined);
    assert.equal(notCompared(report), undefined);
    assert.deepEqual(toJsonRows(report), { differences: [], differenceCount: 0, uncomparedTokens: 0 });
  });

  it("names the first event that does not fit, and no rows then", () => {
    const broken = { sequence: 3, problem: "the hash is another" };
    const report: AuditReport = { chain: { head: { ...CHAIN_START, sequence: 2 }, broken }, rows: null };
    const problem = auditProblem(report);
    assert.equal(problem?.code, "ERR_HANDCLASP_AUDIT");
    assert.match(problem.message, /^event 3: the hash/);
    assert.match(problem.hint ?? "", /^events up to 2 are as they were written/);
    assert.deepEqual(toJsonRows(report), {
      differences: null,
      differenceCount: null,
      uncomparedTokens: null,
    });
  });

  it("names rows that are not what the events come to, and what to decide anew", () => {
    const difference = { about: "key A", field: "state", row: "trusted", events: null } as const;
    const rows = { differences: [difference], count: 4, uncomparedTokens: 2 };
    const report: AuditReport = { chain: { head: CHAIN_START, broken: null }, rows };
    const problem = auditProblem(report);
    assert.match(
      problem?.message ?? "",
      /in 4 places:\n {2}key A: state is "trusted", by the events nothing\n {2}and 3 more$/,
    );
    assert.deepEqual(
      problem?.remedies.map(({ act }) => act),
      ["revoke-key", "approve-key"],
    );
    assert.match(notCompared(report) ?? "", /^not compared: the keys of 2 join tokens/);
  });
});

describe("tailProblem", () => {
  it("finds that the end was cut off or written anew since a head was noted", async () => {
    const office = new Office();
    await office.operator.import(factsOf("anna"));
    const noted = office.store.head();
    await office.operator.revoke("anna");
    const head = office.store.head();
    for (const known of [CHAIN_START, noted, head]) {
      assert.equal(await tailProblem(office.store, head, known), undefined);
    }
    const cut = await tailProblem(office.store, head, { sequence: 5, hash: head.hash });
    assert.match(cut?.message ?? "", /^event 3 to 5 are gone/);
    const rewritten = await tailProblem(office.store, head, { ...noted, hash: head.hash });
    assert.match(rewritten?.message ?? "", /^event 1 has another hash/);
  });
});
