/**
 * Sends a file as `fetch` would, and tells how far it is: that takes the browser's older interface.
 */

/** Without a sign of life for so long it has failed. The server may take a moment after the last byte. */
const STALLED_MS = 45_000;

/**
 * @param {Blob} blob
 * @param {(bytes: number) => void} onProgress
 * @returns {typeof fetch}
 */
export const sender = (blob, onProgress) => (url, { method = 'POST', headers = {}, signal } = {}) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    /** @type {ReturnType<typeof setTimeout>} */
    let timer;
    const fail = () => reject(new TypeError('the file could not be sent'));
    const live = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), STALLED_MS);
    };
    const abort = () => request.abort();
    request.open(method, String(url));
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    // A page's own words for the type are good enough: the server looks at what is in it.
    if (!blob.type) request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.addEventListener('progress', ({ loaded }) => {
      live();
      onProgress(loaded);
    });
    request.addEventListener('load', () => {
      const told = new Headers();
      for (const line of request.getAllResponseHeaders().split('\r\n')) {
        const [name, value] = line.split(': ');
        if (name && value !== undefined) told.append(name, value);
      }
      // No other status is told to a page with a body that it may not have.
      const body = [204, 205, 304].includes(request.status) ? null : request.responseText;
      resolve(new Response(body, { status: request.status, headers: told }));
    });
    request.addEventListener('error', fail);
    request.addEventListener('abort', fail);
    request.addEventListener('loadend', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    });
    signal?.addEventListener('abort', abort);
    live();
    request.send(blob);
  });
