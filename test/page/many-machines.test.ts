import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { PostgresServer, postgresPrograms } from "../store/postgres/support/postgres-server.ts";
import { describeInBrowser } from "./support/browser-tests.ts";
import { RunningPage } from "./support/running-page.ts";
import { MINUTE_MS } from "./support/scene/scene-writer.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

describeInBrowser("the page of one of many machines", (browser) => {
  let server: PostgresServer;
  before(async () => (server = await PostgresServer.open(programs)));
  after(() => server[Symbol.asyncDispose]());

  it("says which machine it shows, and of when that is while the database is away", async () => {
    const urlOf = (home: { path(name: string): string }): string =>
      `${server.url()}?node=west&replica=${home.path("replica.db")}&max_staleness=1h`;
    await using running = await RunningPage.start((scene) => scene.meet("anna", MINUTE_MS), { urlOf });
    await using watched = await running.open(browser(), "/settings");
    const { page } = watched;
    await page
      .getByRole("banner")
      .getByText(/ on west$/)
      .waitFor();
    const doctor = page.getByRole("region", { name: "Doctor" });
    await doctor.getByText("reached", { exact: true }).waitFor();
    const machines = page.getByRole("region", { name: "Machines" });
    await machines.getByText("(this one)").waitFor();
    await machines.getByText("west", { exact: true }).waitFor();
    await server.stop();
    await page.getByText("The machine west does not reach its database.").waitFor();
    await page.getByRole("link", { name: "degraded" }).waitFor();
    await doctor.getByText(/the database cannot be reached/).waitFor();
    await machines.getByText("The list is in the database, which cannot be reached.").waitFor();
    await server.start();
    await page.getByText("The machine west does not reach its database.").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "healthy" }).waitFor();
  });
});
