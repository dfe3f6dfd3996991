/** How much is about the reader, where the page itself is only a tab or an icon. */

const SIGN = /favicon(?:-dot)?\.svg$/;

/**
 * @param {Document} page
 * @param {number} count
 */
export function drawBadge(page, count) {
  const sign = [...page.querySelectorAll('link[rel="icon"]')].find((link) => SIGN.test(/** @type {HTMLLinkElement} */ (link).href));
  const href = sign?.getAttribute('href')?.replace(SIGN, count > 0 ? 'favicon-dot.svg' : 'favicon.svg');
  if (sign && href && sign.getAttribute('href') !== href) sign.setAttribute('href', href);
  if (page.documentElement.dataset['badge'] === String(count)) return;
  page.documentElement.dataset['badge'] = String(count);
  const { navigator } = /** @type {Window} */ (page.defaultView);
  // Where the page is installed as an application; elsewhere it may be refused.
  void navigator.setAppBadge?.(count).catch(() => {});
}
