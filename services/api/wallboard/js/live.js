// The live stream: tells when to ask again, and when nothing was heard for too long.

const SILENCE_MS = 6000; // three heartbeats; with the check below the banner stands within 7 s
const RETRY_MS = 2000;
const CHECK_MS = 500;

export class Live {
  constructor(onMoved, onState) {
    this.onMoved = onMoved;
    this.onState = onState;
    this.heard = Date.now();
    this.lost = null; // since when disconnected
    this.engine = "reachable";
    this.last = null; // the newest message
    this.open();
    setInterval(() => this.check(), CHECK_MS);
  }

  open() {
    this.source?.close();
    this.opened = Date.now();
    this.source = new EventSource("/v1/stream");
    this.source.addEventListener("moved", (event) => this.message(event, true));
    this.source.addEventListener("heartbeat", (event) => this.message(event, false));
    this.source.onerror = () => this.lose();
  }

  message(event, moved) {
    this.heard = Date.now();
    const before = this.last;
    this.last = JSON.parse(event.data);
    const back = this.lost !== null || (this.engine !== "reachable" && this.last.engine === "reachable");
    this.lost = null;
    this.engine = this.last.engine;
    this.onState(this);
    if (moved || back || (before && before.as_of !== this.last.as_of)) this.onMoved();
  }

  lose() {
    this.lost ??= new Date();
    this.onState(this);
  }

  check() {
    if (Date.now() - this.heard > SILENCE_MS) this.lose();
    if (this.lost && Date.now() - this.opened > RETRY_MS && this.source.readyState !== EventSource.CONNECTING) this.open();
    if (this.lost && Date.now() - this.opened > SILENCE_MS) this.open();
  }

  // The server's clock as this screen knows it, so that a wrong clock of the screen does not show.
  now() {
    return this.last ? new Date(Date.parse(this.last.now) + Date.now() - this.heard) : new Date();
  }
}
