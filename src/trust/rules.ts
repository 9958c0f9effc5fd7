/**
 * The number of the rules in `changes/`, by which a change of a log leads to what it does. It goes up when a change would lead to something
 * else than it did, or there is a new one; changes that were appended under a lower number mean what they always meant.
 */
export const RULES = 1;
