/** A WebSocket whose other end is the test. */

export class FakeWebSocket {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;
  /** Every one made since the last `begin`, oldest first. @type {FakeWebSocket[]} */
  static made = [];

  static begin() {
    FakeWebSocket.made = [];
    return FakeWebSocket;
  }

  static get last() {
    return FakeWebSocket.made.at(-1);
  }

  readyState = FakeWebSocket.CONNECTING;
  onopen = null;
  onmessage = null;
  onclose = null;
  /** Frames that the page has sent. */
  sent = [];
  /** The code with which the page has closed it. */
  closedWith = null;

  constructor(url) {
    this.url = url;
    FakeWebSocket.made.push(this);
  }

  send(text) {
    if (this.readyState === FakeWebSocket.CONNECTING) throw new Error("not open yet");
    this.sent.push(JSON.parse(text));
  }

  close(code) {
    this.closedWith ??= code;
    this.readyState = FakeWebSocket.CLOSING;
  }

  /** The other end accepts. */
  accept() {
    this.readyState = FakeWebSocket.OPEN;
    this.onopen?.();
  }

  /** The other end says something. */
  say(frame) {
    this.onmessage?.({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
  }

  /** The other end, or the network, ends it. */
  end(code = 1006, reason = "") {
    this.readyState = FakeWebSocket.CLOSED;
    this.onclose?.({ code, reason });
  }
}
