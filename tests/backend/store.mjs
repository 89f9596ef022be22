// store.mjs: what the backend knows: keys, users, grants, sessions of the connect flow, approvals, callers.
import { randomBytes, randomUUID } from 'node:crypto';

// An answer that is an error. `code` is in the words of alter-1; `details` has the names of profile.error as its own.
export class Failure {
  constructor(status, code, message, details = {}) {
    Object.assign(this, { status, code, message, details });
  }
}

const seconds = (text) => Date.parse(text) / 1000;
export const moment = (unix) => new Date(unix * 1000).toISOString().replace(/\.000Z$/, 'Z');

export class Store {
  constructor() { this.reset({}); }

  // keys: key → { status: active | deprecated | revoked, scopes: [..] or absent for all }
  // users: user token → { user, status: active | ended }
  // grants: see grantOf
  reset({ keys = {}, users = {}, grants = [] }) {
    this.skew = 0;
    this.keys = new Map(Object.entries(keys));
    this.users = new Map(Object.entries(users));
    this.grants = new Map();
    this.sessions = new Map();
    this.approvals = new Map();
    this.actors = new Map();
    this.actorIds = new Set();
    this.issued = new Set();
    for (const grant of grants) this.addGrant(grant);
  }

  now() { return Math.floor(Date.now() / 1000) + this.skew; }

  // A grant: id, provider or slug (of a managed secret), kind, account, account_name, label, status (active, revoked,
  // deleted, credential_revoked), scopes, scopes_outdated, principal, user (whose; none: everybody's), created, used,
  // expires; `credential`: token, type, expires_in, header, format, credentials, injections, aws; `proxy`: may only be
  // used by way of the backend ("restricted") or with a human's consent too ("approval").
  addGrant(grant) {
    const whole = {
      id: randomUUID(), kind: grant.slug ? 'managed_secret' : 'oauth', status: 'active', scopes: [],
      principal: grant.user ? 'user' : 'system', created: moment(this.now()), ...grant,
    };
    whole.credential = { token: `tok-${randomBytes(12).toString('hex')}`, type: 'Bearer', ...grant.credential };
    this.grants.set(whole.id, whole);
    return whole;
  }

  statusOf(grant) {
    if (grant.status === 'active' && grant.expires && seconds(grant.expires) <= this.now()) return 'expired';
    return grant.status === 'active' ? 'active' : 'revoked';
  }

  // Who is asking. `token` may be absent.
  userOf(token) {
    if (token === undefined) return undefined;
    const known = this.users.get(token);
    if (!known || known.status === 'ended') {
      throw new Failure(401, 'invalid_user_token', 'the user token is not valid, or not any more');
    }
    return known.user;
  }

  // Without a user all grants of the site are seen; with one, his own and everybody's.
  visible(user) {
    return [...this.grants.values()].filter((grant) => grant.status !== 'deleted'
      && (user === undefined || grant.user === undefined || grant.user === user));
  }

  // The grant of a request that is to be made: by its id, or by provider and perhaps account.
  resolve({ grant: id, provider, account }, user) {
    const demand = () => new Failure(401, 'user_token_required', 'this grant is a user\'s, and no user token was sent');
    if (id !== undefined) {
      const grant = this.grants.get(id);
      if (!grant) throw new Failure(404, 'grant_not_found', 'there is no such grant', { grant: id });
      if (grant.user !== undefined && user === undefined) throw demand();
      if (grant.user !== undefined && grant.user !== user) {
        throw new Failure(404, 'grant_not_found', 'there is no such grant', { grant: id });
      }
      return this.usable(grant);
    }
    const fit = [...this.grants.values()].filter((grant) => (grant.slug ?? grant.provider) === provider
      && (account === undefined || grant.account === account) && this.statusOf(grant) === 'active');
    const mine = fit.filter((grant) => grant.user === undefined || grant.user === user);
    if (!mine.length && fit.length && user === undefined) throw demand();
    if (!mine.length) throw new Failure(404, 'grant_not_found', 'no grant fits', { provider });
    if (mine.length > 1) {
      const candidates = mine.map((grant) => ({ id: grant.id, account: grant.account, label: grant.label }));
      throw new Failure(409, 'ambiguous_grant', 'several grants fit', { provider, candidates });
    }
    return this.usable(mine[0]);
  }

  usable(grant) {
    const about = { grant: grant.id, provider: grant.provider };
    if (grant.status === 'deleted') throw new Failure(410, 'grant_deleted', 'the grant was deleted', about);
    if (grant.status === 'revoked') throw new Failure(400, 'grant_revoked', 'the grant was revoked', about);
    if (grant.status === 'credential_revoked') {
      throw new Failure(400, 'credential_revoked', 'the provider withdrew its access', about);
    }
    if (this.statusOf(grant) === 'expired') {
      throw new Failure(403, 'grant_expired', 'the grant is over', { ...about, expires_at: grant.expires });
    }
    return grant;
  }

  revoke(id, user) {
    const grant = this.grants.get(id);
    if (!grant || (user !== undefined && grant.user !== undefined && grant.user !== user)) {
      throw new Failure(404, 'grant_not_found', 'there is no such grant', { grant: id });
    }
    this.usable(grant);
    grant.status = 'revoked';
    return grant;
  }

  // The credential as it leaves the backend; what was handed out is remembered, so that it is recognised in audits.
  issue(grant) {
    const { credential } = grant;
    grant.used = moment(this.now());
    for (const value of [credential.token, ...Object.values(credential.credentials ?? {}), credential.aws?.secret_key,
      credential.aws?.session_token]) {
      if (typeof value === 'string' && value.length >= 8) this.issued.add(value);
    }
    return credential;
  }

  // The id that a caller is known under, given to it with the first answer.
  actorOf(key, caller, type) {
    const name = JSON.stringify([key, caller, type ?? null]);
    if (!this.actors.has(name)) this.actors.set(name, randomUUID());
    this.actorIds.add(this.actors.get(name));
    return this.actors.get(name);
  }

  isActorOf(id, key, caller, type) { return this.actors.get(JSON.stringify([key, caller, type ?? null])) === id; }

  openSession(wish, user, lifetime = 600) {
    const session = {
      token: `cs-${randomBytes(24).toString('base64url')}`, wish, user, state: 'pending', grants: [],
      expires: this.now() + lifetime, lifetime,
    };
    this.sessions.set(session.token, session);
    return session;
  }

  session(token, user) {
    const session = this.sessions.get(token);
    if (!session || session.user !== user) throw new Failure(404, 'session_not_found', 'there is no such session');
    if (session.state === 'pending' && session.expires <= this.now()) session.state = 'expired';
    return session;
  }

  openApproval(grant, request, lifetime = 600) {
    const approval = { id: randomUUID(), grant, request, state: 'pending', expires: this.now() + lifetime };
    this.approvals.set(approval.id, approval);
    return approval;
  }

  approval(id) {
    const approval = this.approvals.get(id);
    if (!approval) throw new Failure(404, 'approval_not_found', 'there is no such approval', { approval: id });
    if (approval.state === 'pending' && approval.expires <= this.now()) approval.state = 'expired';
    return approval;
  }
}
