/**
 * Keeps the log still while it changes, or at its end while it grows.
 *
 * The browser's own scroll anchoring is switched off: it does nothing at scrollTop 0, and WebKit has none. Instead
 * the first
 * visible row is measured before a change and put back to where it was in the same task, before anything is painted.
 */

/** So near to the end, going down means: follow. Pixels. */
const STICK_PX = 100;
/** Enough rows to find one again when a few of those on view are taken away. */
const WITNESSES = 24;
const REST_MS = 120;
const TOUCH_SLACK_PX = 4;

/**
 * @typedef {{node: HTMLElement, top: number}} Witness
 * @typedef {object} ScrollCallbacks
 * @property {() => HTMLElement[]} rows the rows in order from top to bottom
 * @property {() => void} onScroll at every scroll event
 * @property {() => void} onRest when scrolling has come to rest
 * @property {(stuck: boolean) => void} onStuck whether the log now follows its end
 */

/**
 * @param {HTMLElement} scroller
 * @param {HTMLElement} content the one child of the scroller
 * @param {ScrollCallbacks} callbacks
 */
export function createScrollKeeper(scroller, content, { rows, onScroll, onRest, onStuck }) {
  const ending = new AbortController();
  const { signal } = ending;
  let stuck = true;
  let mayStick = true;
  let lastTop = 0;
  /** @type {Witness[]} rows on view and where they stood, in the window's coordinates */
  let witnesses = [];
  /** How wide and high the log was then: at another width every line breaks anew, and what made it lower may have moved it. */
  let size = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let rest;

  const distance = () => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
  /** @param {boolean} now */
  const setStuck = (now) => {
    const wanted = now && mayStick;
    if (wanted === stuck) return;
    stuck = wanted;
    onStuck(stuck);
  };

  const sizeNow = () => scroller.clientWidth + scroller.clientHeight / 1e5;

  /** Puts the first row that is still there back to where it stood. */
  const restore = () => {
    const witness = witnesses.find(({ node }) => node.isConnected);
    if (witness) scroller.scrollBy({ top: witness.node.getBoundingClientRect().top - witness.top, behavior: 'instant' });
  };
  /** The rows on view; first those that begin in it, then, for a row taller than the view, the one that fills it. */
  const observe = () => {
    witnesses = [];
    size = sizeNow();
    const nodes = rows();
    const { top, bottom } = scroller.getBoundingClientRect();
    if (bottom <= top) return;
    let low = 0;
    let high = nodes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const node = nodes[middle];
      if (node && node.getBoundingClientRect().bottom <= top) low = middle + 1;
      else high = middle;
    }
    /** @type {Witness | null} */
    let cut = null;
    for (const node of nodes.slice(low, low + WITNESSES)) {
      const at = node.getBoundingClientRect().top;
      if (at < top) cut = { node, top: at };
      else witnesses.push({ node, top: at });
      if (at > bottom && witnesses.length > 1) break;
    }
    if (cut) witnesses.push(cut);
  };
  const settle = () => {
    if (stuck) scroller.scrollTop = scroller.scrollHeight;
    else restore();
    lastTop = scroller.scrollTop;
    if (stuck) size = sizeNow();
    else observe();
  };
  /** Whoever looks between a new size and the ResizeObserver's call would take the moved rows for the reader's place. */
  const settleSize = () => {
    if (size && size !== sizeNow()) settle();
  };
  const unstick = () => {
    if (scroller.scrollTop <= 0 || !stuck) return;
    settleSize();
    observe();
    setStuck(false);
  };

  scroller.addEventListener(
    'scroll',
    () => {
      settleSize();
      const { scrollTop } = scroller;
      const moved = scrollTop - lastTop;
      const left = distance();
      lastTop = scrollTop;
      if (left <= 1) setStuck(true);
      else if (moved < -1) setStuck(false);
      else if (moved > 0 && left <= STICK_PX) setStuck(true);
      observe();
      onScroll();
      clearTimeout(rest);
      rest = setTimeout(onRest, REST_MS);
    },
    { signal, passive: true },
  );
  // Said before the scrolling itself, so that a message arriving in between does not pull the reader back down.
  scroller.addEventListener(
    'wheel',
    (event) => {
      if (event.deltaY < 0 && !event.ctrlKey) unstick();
    },
    { signal, passive: true },
  );
  let touchY = 0;
  scroller.addEventListener(
    'touchstart',
    (event) => {
      touchY = event.touches[0]?.clientY ?? 0;
    },
    { signal, passive: true },
  );
  scroller.addEventListener(
    'touchmove',
    (event) => {
      if ((event.touches[0]?.clientY ?? 0) > touchY + TOUCH_SLACK_PX) unstick();
    },
    { signal, passive: true },
  );
  scroller.addEventListener(
    'keydown',
    (event) => {
      if (
        event.key === 'PageUp' ||
        event.key === 'ArrowUp' ||
        event.key === 'Home' ||
        (event.key === ' ' && event.shiftKey)
      ) {
        unstick();
      }
    },
    { signal },
  );

  // Images, fonts, a growing message box, a turned phone: after layout, before paint.
  const sizes = new ResizeObserver(settle);
  sizes.observe(scroller);
  sizes.observe(content);

  return {
    /**
     * Changes the log without moving what the reader looks at.
     * @param {() => void} change
     */
    mutate(change) {
      // Who has scrolled up is believed before the browser tells of it. What has become shorter scrolls up, too, but to its end.
      if (scroller.scrollTop < lastTop - 1 && distance() > 1) setStuck(false);
      settleSize();
      if (!stuck) observe();
      change();
      settle();
    },
    /** To the end, and stay there. */
    toEnd() {
      setStuck(true);
      scroller.scrollTop = scroller.scrollHeight;
      lastTop = scroller.scrollTop;
      if (!stuck) observe();
    },
    /**
     * Puts a node's top at `offset` pixels below the top of the view, as far as the log reaches.
     * @param {HTMLElement} node
     * @param {number} offset
     */
    place(node, offset) {
      const drift = node.getBoundingClientRect().top - scroller.getBoundingClientRect().top - offset;
      scroller.scrollBy({ top: drift, behavior: 'instant' });
      lastTop = scroller.scrollTop;
      setStuck(distance() <= 1);
      observe();
    },
    unstick,
    isStuck: () => stuck,
    /**
     * Whether the end of the log is the newest there is: only then following it makes sense.
     * @param {boolean} may
     */
    allowSticking(may) {
      // Who is about to leave the end is not held there; where all is on view there is nothing to leave.
      const isNew = !mayStick || scroller.scrollTop <= 0;
      mayStick = may;
      settleSize();
      if (!may) {
        if (stuck) observe();
        setStuck(false);
      } else if (isNew && distance() <= 1) setStuck(true);
    },
    /**
     * The topmost row on view and its distance from the top of the view.
     * @returns {{node: HTMLElement, offset: number} | null}
     */
    topmost() {
      settleSize();
      observe();
      const [first] = witnesses;
      return first === undefined
        ? null
        : { node: first.node, offset: first.top - scroller.getBoundingClientRect().top };
    },
    /** Pixels from the view to the two ends. */
    room: () => ({ above: scroller.scrollTop, below: distance() }),
    /** Forgets where the reader was: another room. */
    reset() {
      witnesses = [];
      clearTimeout(rest);
    },
    destroy() {
      clearTimeout(rest);
      sizes.disconnect();
      ending.abort();
    },
  };
}
