/**
 * One lasting connection to the server: opens a WebSocket, notices when it has died, opens the next.
 *
 * It knows frames and time, not chat and not the page. WebSocket and clock are arguments, so that tests need not sleep.
 *
 * @typedef {import('./types.js').Frame} Frame
 * @typedef {import('./types.js').Clock} Clock
 * @typedef {import('./types.js').ConnectionStatus} ConnectionStatus
 */

/** Wait between two tries; each but the first after a close is spread by up to JITTER_MS. */
export const RETRY_MS = 3000;
export const JITTER_MS = 1000;
/** Wait after the server has closed because of too many refused frames. */
export const RATE_WAIT_MS = 30_000;
/** A try that has not opened by then is given up: a lost SYN would otherwise hold it for minutes. */
export const OPEN_TIMEOUT_MS = 10_000;
/** The server sends a heartbeat every 15 s. After this silence it is asked ... */
export const QUIET_MS = 25_000;
/** ... and after this one the connection is dead, whatever the browser says. */
export const SILENCE_MS = 40_000;
/** A tab that comes to the front wants to know sooner. */
export const PROBE_MS = 5000;
/** How long the status says that what was missed is here. */
export const CAUGHT_UP_MS = 2000;

/** Close codes of `docs/protocol.md` that this file treats by name. */
export const CLOSE = Object.freeze({ normal: 1000, tooBig: 1009, flooding: 1008, heartbeatLost: 4000, final: 4500, notSignedIn: 4501 });

const PING = '{"type":"ping"}';

/**
 * @typedef {object} ConnectionOptions
 * @property {() => {url: string, roomId: number|null, after: number|null}} door  asked before every try, because
 *   `after` grows; `roomId` and `after` are what the url says, so that the sync that answers it is known
 * @property {() => Promise<number|null>|null} [prepare]  what has to be done before each try; null: nothing. It resolves
 *   to null, or to the code with which the server would have closed; it rejects when the server cannot be asked
 * @property {(code: number) => boolean} [isFinal]  whether a close ends it for good
 * @property {(frame: Frame) => void} onFrame
 * @property {(socket: WebSocket) => void} onOpen
 * @property {(event: {code: number, reason: string, final: boolean}) => void} onClose  `final`: it will not come back by
 *   itself; called once for each WebSocket that was begun, also for one that never opened
 * @property {(status: ConnectionStatus) => void} onStatus
 * @property {typeof WebSocket} [WebSocket]
 * @property {Clock} [clock]
 * @property {() => boolean} [isOnline]  what the browser thinks of the network; only used for words
 */

/** @type {Clock} */
export const browserClock = {
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  now: () => performance.now(),
  date: () => Date.now(),
  random: () => Math.random(),
};

export class Connection {
  #options;
  #Socket;
  #clock;
  /** @type {WebSocket|null} */
  #socket = null;
  #isOpen = false;
  /** The try that is being prepared; another one makes it void. @type {object|null} */
  #preparing = null;
  /** @type {any} */
  #retryTimer = null;
  /** @type {any} */
  #watchTimer = null;
  /** @type {any} */
  #probeTimer = null;
  /** @type {any} */
  #calmTimer = null;
  #lastHeard = 0;
  #failures = 0;
  /** @type {number|null} */
  #retryAfter = null;
  #wasOpen = false;
  #isWanted = false;
  /** @type {ConnectionStatus|null} */
  #status = null;
  /** What subscribes asked for, by room, in order: the server answers in the same order. @type {Map<number, number[]>} */
  #asked = new Map();

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
    this.#Socket = options.WebSocket ?? WebSocket;
    this.#clock = options.clock ?? browserClock;
  }

  /** @returns {boolean} frames can be sent now */
  get isOpen() {
    return this.#isOpen;
  }

  /** @returns {ConnectionStatus|null} */
  get status() {
    return this.#status;
  }

  /** Connects now, and again whenever the connection is lost, until `close`. A connection there is stays. */
  open() {
    this.#isWanted = true;
    this.#failures = 0;
    if (!this.#socket && !this.#preparing) this.#connect();
  }

  /** Ends the connection for good, and every timer with it. */
  close() {
    this.#isWanted = false;
    this.#drop(CLOSE.normal);
    this.#wasOpen = false;
    this.#setStatus('closed');
  }

  /** Does not wait for the next try: the person, the network or the tab says that now is a good time. */
  tryNow() {
    if (this.#isWanted && !this.#socket && !this.#preparing) this.#connect();
  }

  /** The tab came to the front: a connection that looks open may have died while the computer slept. */
  check() {
    if (!this.#isOpen) {
      this.tryNow();
      return;
    }
    if (this.#probeTimer !== null) return;
    const asked = this.#clock.now();
    this.send({ type: 'ping' });
    this.#probeTimer = this.#clock.setTimeout(() => {
      this.#probeTimer = null;
      if (this.#lastHeard < asked) this.#die();
    }, PROBE_MS);
  }

  /** The browser says that the network is gone. It fires no close for the open connection, so it is given up here. */
  networkLost() {
    if (!this.#isWanted) return;
    if (this.#socket || this.#preparing) this.#lose(CLOSE.heartbeatLost, 'offline');
    else this.#setStatus(this.#waitingStatus());
  }

  /** The browser says that the network is back. A try that began without it would fail, and take its time. */
  networkFound() {
    if (this.#isWanted && this.#socket && !this.#isOpen) this.#drop(CLOSE.normal);
    this.tryNow();
  }

  /** Says that what was missed is here. It ends the status `reconnecting`. */
  caughtUp() {
    if (!this.#isOpen || this.#status === 'open' || this.#status === 'caughtup') return;
    if (this.#status === 'connecting') {
      this.#setStatus('open');
      return;
    }
    this.#setStatus('caughtup');
    this.#calmTimer = this.#clock.setTimeout(() => this.#setStatus('open'), CAUGHT_UP_MS);
  }

  /**
   * @param {Frame} frame
   * @returns {boolean} false when there is no open connection; nothing is kept for later
   */
  send(frame) {
    // One that the other end is closing takes nothing more, and tells so a moment later.
    if (!this.#isOpen || this.#socket?.readyState !== this.#Socket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /**
   * Follows a room from a version on, or asks again for what came after it. The same question is not asked twice while
   * it is unanswered.
   *
   * @param {number} roomId
   * @param {number} after
   * @param {string|null} epoch
   */
  subscribe(roomId, after, epoch) {
    const asked = this.#asked.get(roomId) ?? [];
    if (asked.some((version) => version <= after)) return;
    if (!this.send({ type: 'subscribe', room_id: roomId, after, ...(epoch === null ? {} : { epoch }) })) return;
    this.#asked.set(roomId, [...asked, after]);
  }

  /** @param {number} roomId */
  unsubscribe(roomId) {
    if (!this.send({ type: 'unsubscribe', room_id: roomId })) return;
    // Answers still on their way belong to a visit that is over: they join on to nothing, and keep nobody from asking.
    this.#asked.set(roomId, (this.#asked.get(roomId) ?? []).map(() => Infinity));
  }

  #connect() {
    this.#clearTimers();
    this.#retryAfter = null;
    this.#asked.clear();
    this.#setStatus(this.#wasOpen || this.#failures > 0 ? this.#waitingStatus() : 'connecting');
    const prepared = this.#options.prepare?.() ?? null;
    if (prepared === null) this.#dial();
    else void this.#dialAfter(prepared);
  }

  /** @param {Promise<number|null>} prepared */
  async #dialAfter(prepared) {
    const attempt = {};
    this.#preparing = attempt;
    /** @type {number|null} */
    let code = CLOSE.heartbeatLost;
    try {
      code = await prepared;
    } catch {
      // No answer: it is tried again like a connection that was lost.
    }
    if (this.#preparing !== attempt) return;
    this.#preparing = null;
    if (code === null) this.#dial();
    else this.#lose(code, 'not prepared');
  }

  #dial() {
    const { url, roomId, after } = this.#options.door();
    if (roomId !== null && after !== null) this.#asked.set(roomId, [after]);
    const socket = new this.#Socket(url);
    this.#socket = socket;
    this.#watchTimer = this.#clock.setTimeout(() => this.#lose(CLOSE.heartbeatLost, 'open timeout'), OPEN_TIMEOUT_MS);
    // Every handler asks whether its socket is still the one in use: a dead one may speak long after it was given up.
    socket.onopen = () => socket === this.#socket && this.#opened(socket);
    socket.onmessage = (event) => socket === this.#socket && this.#heard(event.data);
    socket.onclose = (event) => socket === this.#socket && this.#lose(event.code, event.reason);
  }

  /** @param {WebSocket} socket */
  #opened(socket) {
    this.#clearTimers();
    this.#isOpen = true;
    this.#lastHeard = this.#clock.now();
    this.#watch();
    // After a loss the status stays until caughtUp(): open, but not yet up to date, is not what a reader calls connected.
    this.#options.onOpen(socket);
  }

  /** @param {unknown} data */
  #heard(data) {
    this.#lastHeard = this.#clock.now();
    this.#failures = 0;
    this.#wasOpen = true;
    /** @type {Frame} */
    let frame;
    try {
      frame = JSON.parse(String(data));
    } catch {
      return; // Not the server's: a proxy in between. The watchdog and the versions tell whether something is missing.
    }
    if (typeof frame?.type !== 'string') return;
    if (frame.type === 'closing' || frame.code === 'too_many_connections') this.#retryAfter = frame.retry_after_ms;
    if (frame.type === 'sync') frame = this.#answered(frame);
    else if (frame.type === 'error' && frame.room_id && !frame.client_id) this.#answered(frame);
    this.#options.onFrame(frame);
  }

  /**
   * Every subscribe is answered once, by a sync or an error.
   *
   * @param {Frame} frame
   * @returns {Frame} with `asked`, the version it begins behind
   */
  #answered(frame) {
    const [asked, ...rest] = this.#asked.get(frame.room_id) ?? [];
    this.#asked.set(frame.room_id, rest);
    return asked === undefined ? frame : { ...frame, asked };
  }

  /** Sees to it that silence is noticed. One timer, set anew only when it rings: heartbeats do not touch it. */
  #watch() {
    const silent = this.#clock.now() - this.#lastHeard;
    if (silent >= SILENCE_MS) {
      this.#die();
      return;
    }
    if (silent >= QUIET_MS) this.#socket?.send(PING);
    const next = (silent >= QUIET_MS ? SILENCE_MS : QUIET_MS) - silent;
    this.#watchTimer = this.#clock.setTimeout(() => this.#watch(), next);
  }

  /** The connection is dead though nobody said so; there is no reason to wait before the next. */
  #die() {
    this.#lose(CLOSE.heartbeatLost, 'silence');
    this.tryNow();
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #lose(code, reason) {
    this.#drop(code);
    const final = !this.#isWanted || (this.#options.isFinal?.(code) ?? code >= CLOSE.final);
    if (final) {
      this.#isWanted = false;
      this.#wasOpen = false;
      this.#setStatus('closed');
    } else {
      this.#setStatus(this.#waitingStatus());
      this.#retryTimer = this.#clock.setTimeout(() => this.#connect(), this.#delay(code));
      this.#failures += 1;
    }
    this.#options.onClose({ code, reason, final });
  }

  /**
   * @param {number} code
   * @returns {number} ms until the next try
   */
  #delay(code) {
    const jitter = this.#clock.random() * JITTER_MS;
    if (this.#retryAfter !== null) return this.#retryAfter + jitter;
    if (code === CLOSE.flooding) return RATE_WAIT_MS + jitter;
    return this.#failures === 0 ? RETRY_MS : RETRY_MS + jitter;
  }

  /** @returns {ConnectionStatus} */
  #waitingStatus() {
    return this.#options.isOnline?.() === false ? 'offline' : 'reconnecting';
  }

  /**
   * Lets go of the socket at once. The browser may take long to close a half-open one, or never say that it did.
   *
   * @param {number} code
   */
  #drop(code) {
    this.#clearTimers();
    const socket = this.#socket;
    this.#socket = null;
    this.#preparing = null;
    this.#isOpen = false;
    this.#asked.clear();
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    // Only these codes may be sent; a socket that has closed by itself ignores the call.
    socket.close(code === CLOSE.heartbeatLost ? code : CLOSE.normal);
  }

  #clearTimers() {
    const timers = [this.#retryTimer, this.#watchTimer, this.#probeTimer, this.#calmTimer];
    for (const timer of timers) this.#clock.clearTimeout(timer);
    this.#retryTimer = this.#watchTimer = this.#probeTimer = this.#calmTimer = null;
  }

  /** @param {ConnectionStatus} status */
  #setStatus(status) {
    if (status === this.#status) return;
    this.#status = status;
    this.#options.onStatus(status);
  }
}
