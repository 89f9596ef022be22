// control.mjs: what a test says to the backend and asks of it, under /__control/: never part of the service.
import { Flips } from './flips.mjs';
import { Reject } from './wire.mjs';

const KEPT = 1000;

// What was seen. Only the last calls are kept whole; numbers count them all.
export class Log {
  constructor() { this.forget(); }

  forget() { Object.assign(this, { calls: [], rejects: [], accepted: 0, rejected: 0, routes: {} }); }

  call(entry) {
    this.accepted += 1;
    this.routes[entry.route] = (this.routes[entry.route] ?? 0) + 1;
    this.keep(this.calls, entry);
  }

  reject(entry) {
    this.rejected += 1;
    this.keep(this.rejects, entry);
  }

  keep(list, entry) {
    list.push(entry);
    if (list.length > KEPT) list.shift();
  }
}

export class Control {
  constructor(backend) { this.backend = backend; }

  // All anew: { keys, users, grants }.
  reset(state) {
    const { store, wire, api, faults, log } = this.backend;
    store.reset(state);
    for (const part of [wire, api, faults, log]) part.forget();
    this.backend.flips = undefined;
    return [...store.grants.values()];
  }

  faults(list) {
    this.backend.faults.add(list);
    return this.backend.faults.list.length;
  }

  // One grant changed or made; what is not named stays.
  grant({ id, ...change }) {
    const { store } = this.backend;
    return store.grants.has(id) ? Object.assign(store.grants.get(id), change) : store.addGrant({ id, ...change });
  }

  key({ key, ...state }) { return this.backend.store.keys.set(key, state).size; }

  user({ token, ...state }) { return this.backend.store.users.set(token, state).size; }

  // What a user did in his browser: a state, and the ids of the grants that came of it. Without a token, in the session
  // that was opened last.
  session({ token = [...this.backend.store.sessions.keys()].at(-1), ...change }) {
    return Object.assign(this.backend.store.sessions.get(token) ?? {}, change);
  }

  async approval({ id, state, reason }) {
    await this.backend.api.decide(id, state, reason);
    return this.backend.store.approval(id).state;
  }

  // Puts the backend's clock apart from the machine's.
  clock({ skew }) { this.backend.store.skew = skew; }

  // From now on each accepted call is tried with bits flipped: see Flips.
  flips(options) {
    this.backend.flips = new Flips(this.backend.wire, options);
  }

  seen() {
    const { log, api, flips, faults } = this.backend;
    const { calls, rejects, accepted, rejected, routes } = log;
    return { calls, rejects, accepted, rejected, routes, audits: api.audits, audited: api.audited,
      flips: flips?.report(), faults_left: faults.list.reduce((sum, { times }) => sum + times, 0) };
  }

  // The answer of /__control/NAME.
  async handle(name, body) {
    const names = Object.getOwnPropertyNames(Control.prototype)
      .filter((one) => !['constructor', 'handle'].includes(one));
    if (!names.includes(name)) throw new Reject(404, 'no_such_control', 'no_control', name);
    return this[name](body.length ? JSON.parse(body) : {});
  }
}
