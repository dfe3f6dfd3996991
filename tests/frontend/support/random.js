/** Chance that can be repeated: a failing run names its seed. */

/** Runs of every property; more by the environment, for a long search. */
export const RUNS = Number(process.env.PARLOUR_PROPERTY_RUNS ?? 300);

/**
 * @param {number} seed
 * @returns {{random: () => number, below: (limit: number) => number, chance: (share: number) => boolean, pick: <T>(from: T[]) => T}}
 */
export function randomOf(seed) {
  let state = (seed * 2654435761) >>> 0;
  // Mulberry32: small, and good enough to wander through states.
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit) => Math.floor(random() * limit);
  return { random, below, chance: (share) => random() < share, pick: (from) => from[below(from.length)] };
}

/**
 * @param {(chance: ReturnType<typeof randomOf>, seed: number) => void|Promise<void>} property
 */
export async function forAllSeeds(property) {
  for (let seed = 1; seed <= RUNS; seed += 1) {
    try {
      await property(randomOf(seed), seed);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${cause.message}`, { cause });
    }
  }
}
