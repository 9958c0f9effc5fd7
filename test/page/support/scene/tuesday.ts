import type { CertificateFacts } from "../../../../src/x509/certificate-facts.ts";
import type { KeyPin } from "../../../../src/trust/records/key-record.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type SceneWriter } from "./scene-writer.ts";

/** Clients of whom a test wants to know more. */
export interface Tuesday {
  /** Trusted, connected, in the group `lab`. */
  readonly anna: CertificateFacts;
  /** Claims to be anna. */
  readonly rival: CertificateFacts;
  /** Waits, from 10.0.4.7. */
  readonly printer: CertificateFacts;
}

const PEERS = ["bob", "build-01", "build-02", "camera-door", "carla", "printer-1", "printer-2", "scale-3"];

/** What an operator finds on a Tuesday at nine: peers, somebody who waits, a name claimed twice, one program that knocks often. */
export async function writeTuesday(scene: SceneWriter): Promise<Tuesday> {
  const server = await scene.client("gw-1.example", 90 * DAY_MS);
  await scene.startServer(server.pin, "gw-1.example:8443");
  const anna = await scene.meet("anna", 34 * DAY_MS, { address: "10.0.4.21" });
  const peers: CertificateFacts[] = [];
  for (const [index, name] of PEERS.entries()) {
    peers.push(await scene.meet(name, (30 - 2 * index) * DAY_MS, { address: `10.0.4.${30 + index}` }));
  }
  await writeWindow(scene);
  await writeOperators(scene);
  const mira = scene.operator(9 * DAY_MS);
  await mira.approve(anna.pin, { compared: "words" });
  await scene.refuse("not-allowed", 2 * DAY_MS, {
    pin: anna.pin,
    peer: "anna",
    address: "10.0.4.21",
    listener: "ci",
  });
  for (const name of ["anna", "carla"]) await mira.addToGroup("lab", name);
  for (const name of ["build-01", "build-02"]) await mira.addToGroup("ci", name);
  await mira.note("scale-3", "in the cellar, behind the boiler");
  const left = await scene.meet("tablet-old", 20 * DAY_MS, { address: "10.0.4.90" });
  await scene.operator(6 * DAY_MS, "jo").revoke(left.pin);
  await writeTokens(scene, server.pin);

  const rival = await scene.meet("anna", 5 * HOUR_MS, { address: "203.0.113.9" });
  await scene.refuse("key-changed", 5 * HOUR_MS, {
    pin: rival.pin,
    peer: "anna",
    address: "203.0.113.9",
    count: 4,
  });
  const printer = await scene.wait("printer-4", 40 * MINUTE_MS, { address: "10.0.4.7", tries: 3 });
  await scene.wait("scanner hall B", 12 * MINUTE_MS, { address: "10.0.4.8" });
  for (let index = 0; index < 41; index++) {
    await scene.wait(`node-${1000 + index * 7}`, 8 * MINUTE_MS - index * 4_000, {
      address: `198.51.100.${10 + index}`,
    });
  }
  await scene.refuse("revoked", 3 * HOUR_MS, {
    pin: left.pin,
    peer: "tablet-old",
    address: "10.0.4.90",
    count: 212,
  });
  await scene.refuse("no-certificate", 2 * HOUR_MS, { address: "192.0.2.60", count: 2 });
  await scene.refuse("rate-limited", 8 * MINUTE_MS, { address: "198.51.100.77", count: 198 });
  const [bob, build] = peers;
  if (bob !== undefined) {
    await scene.refuse("not-allowed", HOUR_MS, {
      pin: bob.pin,
      peer: "bob",
      address: "10.0.4.30",
      listener: "lab",
    });
    await scene.connect(bob, "bob", 3 * HOUR_MS, { address: "10.0.4.30" });
  }
  if (build !== undefined)
    await scene.connect(build, "build-01", 9 * MINUTE_MS, { address: "10.0.4.31", listener: "ci" });
  for (const since of [2 * DAY_MS, 50 * MINUTE_MS]) {
    await scene.connect(anna, "anna", since, { address: "10.0.4.21" });
  }
  return { anna, rival, printer };
}

/** A token in each state. */
async function writeTokens(scene: SceneWriter, serverPin: KeyPin): Promise<void> {
  const servers = ["gw-1.example:8443"];
  await scene.operator(9 * DAY_MS).createToken({ peer: "printer-5", servers, serverPin, forMs: 60 * DAY_MS });
  await scene.operator(4 * DAY_MS).createToken({ peer: "kiosk", servers, serverPin });
  const { id } = await scene.operator(3 * DAY_MS).createToken({ peer: "laptop-of-jo", servers, serverPin });
  await scene.operator(3 * DAY_MS - 1).cancelToken(id);
  const used = await scene.operator(2 * DAY_MS).createToken({ peer: "tablet-new", servers, serverPin });
  await scene.join(used.id, "tablet-new", 2 * DAY_MS - 5 * MINUTE_MS, { address: "10.0.4.91" });
}

/** A window some days ago, and two who came by it. */
async function writeWindow(scene: SceneWriter): Promise<void> {
  await scene.operator(12 * DAY_MS).openFirstUse(10 * MINUTE_MS, { max: 12, from: "10.0.4.0/24" });
  for (const [index, name] of ["kiosk-1", "kiosk-2"].entries()) {
    const address = `10.0.4.${70 + index}`;
    await scene.meet(name, 12 * DAY_MS - (2 + index) * MINUTE_MS, { address, byWindow: true });
  }
}

/** Those who may act by certificate, and what lets scripts in. */
async function writeOperators(scene: SceneWriter): Promise<void> {
  const admin = scene.operator(11 * DAY_MS, "root");
  for (const [name, group] of [
    ["mira's laptop", "operators"],
    ["jo's phone", "operators-approve"],
  ] as const) {
    const { pin } = await scene.meet(name, 11 * DAY_MS, { address: "10.0.2.14" });
    await admin.addToGroup(group, pin);
  }
  await admin.createApiToken({ name: "grafana", scope: "read", expires: scene.at(-79 * DAY_MS) });
  await admin.createApiToken({ name: "provisioning", scope: "manage", expires: scene.at(-19 * DAY_MS) });
}
