/**
 * The window: a run of neighbours out of one room's history, in order of id, without a hole.
 *
 * Pure functions over arrays that are never changed in place: what did not change comes back as the same object, so
 * that a view can compare by identity.
 *
 * @typedef {import('../types.js').Message} Message
 */

/** Messages kept in the window, and so rows in the page. */
export const WINDOW_LIMIT = 300;

/**
 * @param {Message[]} messages
 * @param {number} id
 * @returns {number} index of the first message whose id is not below `id`
 */
export function indexOfId(messages, id) {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (/** @type {Message} */ (messages[middle]).id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Joins two runs of messages by id. Of two states of one message the later version stays, whichever came first.
 *
 * @param {Message[]} messages  in order of id
 * @param {Message[]} incoming  in any order
 * @returns {Message[]} `messages` itself when nothing in it changes
 */
export function merge(messages, incoming) {
  let result = messages;
  for (const message of incoming) {
    // Nearly every message is the newest one, so that the search begins at the end.
    const newest = result.at(-1);
    const index = !newest || newest.id < message.id ? result.length : indexOfId(result, message.id);
    const known = result[index];
    if (known?.id === message.id) {
      if (known.version >= message.version) continue;
      result = result.with ? result.with(index, message) : replaceAt(result, index, message);
    } else {
      if (result === messages) result = [...messages];
      result.splice(index, 0, message);
    }
  }
  return result;
}

/**
 * @param {Message[]} messages
 * @param {number} index
 * @param {Message} message
 * @returns {Message[]}
 */
function replaceAt(messages, index, message) {
  const copy = [...messages];
  copy[index] = message;
  return copy;
}

/**
 * Chains of replies get longer: what they began with says so at once, though it has no new version by it. A reply counts
 * once, however often it is told, because the newest that was counted is known.
 *
 * @param {Message[]} messages
 * @param {Message[]} incoming  in any order
 * @returns {Message[]} `messages` itself when nothing in it changes
 */
export function lengthen(messages, incoming) {
  const answers = incoming.filter(({ chain }) => chain);
  if (!answers.length) return messages;
  return messages.map((root) => {
    let { replies } = root;
    for (const { id, chain, timestamp } of answers.sort((one, other) => one.id - other.id)) {
      if (chain !== root.id || id <= (replies?.last_id ?? 0)) continue;
      replies = { count: (replies?.count ?? 0) + 1, last_id: id, last_at: timestamp };
    }
    return replies === root.replies ? root : { ...root, replies };
  });
}

/**
 * Puts messages that the server told of into the window. One that lies beyond an end where the history goes on is left
 * out: it would stand next to a message that is not its neighbour. Paging brings it later.
 *
 * @param {Message[]} messages
 * @param {Message[]} incoming  in any order
 * @param {{hasOlder: boolean, hasNewer: boolean}} ends
 * @returns {Message[]} `messages` itself when nothing in it changes
 */
export function place(messages, incoming, { hasOlder, hasNewer }) {
  const first = messages[0]?.id ?? Infinity;
  const last = messages.at(-1)?.id ?? -Infinity;
  return merge(messages, incoming.filter(({ id }) => !(hasOlder && id < first) && !(hasNewer && id > last)));
}

/**
 * Cuts the window to its limit.
 *
 * @param {Message[]} messages
 * @param {'older'|'newer'} end  the end to cut at: the one the reader does not look at
 * @returns {{messages: Message[], cut: boolean}}
 */
export function trim(messages, end) {
  if (messages.length <= WINDOW_LIMIT) return { messages, cut: false };
  return { messages: end === 'older' ? messages.slice(-WINDOW_LIMIT) : messages.slice(0, WINDOW_LIMIT), cut: true };
}
