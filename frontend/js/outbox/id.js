/** A message's own name, chosen by its sender before the server has seen it. */

/**
 * @returns {string} 128 random bits; `crypto.randomUUID` is missing where the page comes over plain http
 */
export function newClientId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
