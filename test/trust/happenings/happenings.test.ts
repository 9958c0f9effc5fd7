import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Happening, HappeningType } from "../../../src/trust/happenings/happening.ts";
import { Happenings } from "../../../src/trust/happenings/happenings.ts";

const FULL: Happening = { type: "full", listener: "main", most: 3 };

describe("a stream of happenings", () => {
  it("brings each to those who want its type, in their order, until they stop", () => {
    const stream = new Happenings();
    const heard: string[] = [];
    const stop = stream.subscribe(["full", "cut"], ({ type }) => void heard.push(`first ${type}`));
    stream.subscribe(["full"], ({ most }) => void heard.push(`second ${most}`));
    stream.subscribe(["cut"], () => assert.fail("nobody was cut"));
    stream.tell(FULL);
    stop();
    stream.tell(FULL);
    assert.deepEqual(heard, ["first full", "second 3", "second 3"]);
  });

  it("flows into another one", () => {
    const into = new Happenings();
    const stream = new Happenings({ into });
    assert.equal(stream.hears("full"), false);
    const heard: Happening[] = [];
    const stop = into.subscribe(["full"], (happening) => void heard.push(happening));
    assert.equal(stream.hears("full"), true);
    stream.tell(FULL);
    stop();
    assert.equal(stream.hears("full"), false);
    assert.deepEqual(heard, [FULL]);
  });

  it("is not heard by those who sleep", () => {
    const stream = new Happenings();
    let isAwake = false;
    stream.subscribe(
      ["full"],
      () => undefined,
      () => isAwake,
    );
    assert.equal(stream.hears("full"), false);
    isAwake = true;
    assert.equal(stream.hears("full"), true);
  });

  it("tells what a subscriber throws, which hurts nobody", () => {
    const broken = new Error("broken");
    const into = new Happenings();
    const stream = new Happenings({ into });
    const heard: unknown[] = [];
    stream.subscribe(["full", "failed"], () => {
      throw broken;
    });
    stream.subscribe(["full"], ({ type }) => void heard.push(type));
    into.subscribe(["failed"], ({ error }) => void heard.push(error));
    stream.tell(FULL);
    assert.deepEqual(heard, [broken, "full"]);
  });

  it("says which types are heard, whenever these become others", () => {
    const said: (readonly HappeningType[])[] = [];
    const stream = new Happenings({ onHeard: (types) => void said.push(types) });
    const stop = stream.subscribe(["full", "cut"], () => undefined);
    stream.subscribe(["cut"], () => undefined);
    stop();
    assert.deepEqual(said.at(0), ["full", "cut"]);
    assert.deepEqual(said.at(-1), ["cut"]);
  });
});
