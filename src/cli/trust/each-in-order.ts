/** What came of one of many. */
export interface Each<T, R> {
  readonly item: T;
  readonly result: PromiseSettledResult<R>;
}

/**
 * Does the same with each of many, `atOnce` of them at a time at the most, begun in their order; says in that order what
 * came of each. A store writes down together what waits for it together.
 */
export async function* eachInOrder<T, R>(
  items: Iterable<T>,
  act: (item: T) => Promise<R>,
  atOnce: number,
): AsyncGenerator<Each<T, R>> {
  const underWay: Promise<Each<T, R>>[] = [];
  const begin = async (item: T): Promise<Each<T, R>> => {
    const [result] = await Promise.allSettled([act(item)]);
    return { item, result };
  };
  try {
    for (const item of items) {
      underWay.push(begin(item));
      if (underWay.length < atOnce) continue;
      // What is done by now makes room for as many others: they go into the next transaction together.
      yield* await Promise.all(underWay.splice(0));
    }
    yield* await Promise.all(underWay.splice(0));
  } finally {
    await Promise.all(underWay);
  }
}
