// connect.mjs: the page on which a user connects accounts: what it may ask of the backend, the browser's way to a
// provider and back, and the tokens of the grants that come of it.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client, Refused } from './oauth.mjs';
import { Failure, moment } from './store.mjs';
import { answer, answerJson, readBody, redirect } from './web.mjs';

const file = (name) => readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8');
const FILES = { '/page.css': ['text/css', file('connect.css')], '/page.js': ['text/javascript', file('connect.js')] };
const HTML = file('connect.html');
const PAGE_HEADERS = {
  'content-security-policy': "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const HOUR = 3600;
const DAY = 24 * HOUR;
const LIFETIMES = [HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY];
const COOKIE = 'connect_browser';

// The lifetimes that a user may choose from: the usual ones up to the session's ceiling; none where it has no policy.
function lifetimes({ policy }) {
  if (!policy) return { choices: [], chosen: null };
  const ceiling = policy.max_ttl || Infinity;
  const chosen = Math.min(policy.default_ttl || DAY, ceiling);
  const choices = [...new Set([...LIFETIMES.filter((seconds) => seconds <= ceiling), chosen])];
  return { choices: choices.sort((a, b) => a - b), chosen };
}

// Where the page is, what it calls the session in its fragment, and where providers send the browser back to.
export function placesOf(profile) {
  const [place, fragment] = profile.connect_page.split('#');
  const folder = path.posix.dirname(place);
  const key = fragment.slice(0, fragment.indexOf('='));
  return { place, folder, key, callback: path.posix.join(folder, 'callback') };
}

const cookie = (request) => new RegExp(`(?:^|; )${COOKIE}=([\\w-]{43})`).exec(request.headers.cookie ?? '')?.[1];
const same = (a, b) => Boolean(a && b) && timingSafeEqual(Buffer.from(a), Buffer.from(b));

export class Connect {
  #flows = new Map();
  #refreshing = new Set();

  // `base` is the origin of the backend, `places` where its pages are, `app` what the user reads of who asks,
  // `providers` what oauth.mjs connects to; a token of theirs is renewed when it ends within `tokens.margin` seconds.
  constructor({ store, base, places, app, providers, tokens }) {
    Object.assign(this, { ...places, store, app, tokens });
    this.clients = new Map(providers.map((provider) => [provider.id, new Client(provider, base + this.callback)]));
  }

  // Whether users can connect what a session is to be for.
  check({ providers, scopes = {} }) {
    for (const id of providers) {
      if (this.clients.has(id)) continue;
      throw new Failure(400, 'unknown_provider', `there is no provider ${id}`, { provider: id });
    }
    for (const [id, wanted] of Object.entries(scopes)) {
      const missing = wanted.filter((scope) => !this.clients.get(id)?.provider.scopes.includes(scope));
      if (missing.length) {
        throw new Failure(403, 'scope_not_allowed', `the application may not ask ${id} for that`, { missing });
      }
    }
  }

  // Answers a request of a browser; false where it is none.
  async handle(request, response) {
    if (!request.url.startsWith(`${this.folder}/`)) return false;
    const { pathname, searchParams } = new URL(request.url, 'http://backend');
    const rest = pathname.startsWith(this.place) ? pathname.slice(this.place.length) : null;
    const route = `${request.method} ${rest}`;
    if (request.method === 'GET' && pathname === this.callback) await this.#return(request, response, searchParams);
    else if (route === 'GET ') answer(response, 200, 'text/html; charset=utf-8', HTML.replaceAll('{place}', this.place)
      .replaceAll('{key}', this.key), PAGE_HEADERS);
    else if (request.method === 'GET' && FILES[rest]) answer(response, 200, ...FILES[rest]);
    else if (route === 'POST /look') await this.#asked(request, response, () => {});
    else if (route === 'POST /start') await this.#asked(request, response, this.#start);
    else if (route === 'POST /finish') await this.#asked(request, response, this.#finish);
    else if (route === 'POST /refuse') await this.#asked(request, response, this.#refuse);
    else return false;
    return true;
  }

  // What the page's script asks, always with the token of its session, and always answered with how that stands.
  async #asked(request, response, what) {
    let asked;
    try { asked = JSON.parse(await readBody(request)); } catch { asked = {}; }
    const session = this.#session(String(asked.session));
    if (!session) return answerJson(response, 404, { state: 'unknown' });
    const headers = {};
    const more = session.state === 'pending' ? await what.call(this, session, asked, request, headers) : {};
    answerJson(response, more?.error ? 400 : 200, { ...this.#view(session), ...more }, headers);
  }

  #session(token) {
    const session = this.store.sessions.get(token);
    if (!session) return undefined;
    session.connected ??= [];
    return this.store.session(token, session.user);
  }

  #view(session) {
    const { choices, chosen } = lifetimes(session.wish);
    return {
      state: session.state,
      app: this.app,
      left: Math.max(0, session.expires - this.store.now()),
      lifetimes: choices,
      lifetime: chosen,
      providers: this.#allowed(session).map(({ provider: { id, name } }) => ({
        id, name, accounts: session.connected.filter((one) => one.provider === id).map((one) => one.account_identifier),
      })),
      origin: session.wish.origin ?? null,
      return_url: session.wish.return_url ?? null,
      grants: session.state === 'complete' ? session.connected : [],
      reason: session.reason ?? null,
    };
  }

  #allowed(session) {
    return session.wish.providers.map((id) => this.clients.get(id));
  }

  #end(session, state, reason) {
    Object.assign(session, { state, reason });
  }

  async #start(session, { provider, lifetime }, request, headers) {
    const client = this.#allowed(session).find((one) => one.provider.id === provider);
    if (!client) return { error: 'the session does not allow this provider' };
    const { choices } = lifetimes(session.wish);
    if (choices.length ? !choices.includes(lifetime) : lifetime !== undefined) {
      return { error: 'the session does not allow this lifetime' };
    }
    try {
      const { url, state, verifier } = await client.begin(session.wish.scopes?.[provider] ?? client.provider.preset);
      const browser = cookie(request) ?? randomBytes(32).toString('base64url');
      this.#flows.set(state, { token: session.token, client, verifier, lifetime, browser });
      headers['set-cookie'] = `${COOKIE}=${browser}; Path=${this.folder}; HttpOnly; SameSite=Lax`;
      return { url };
    } catch (error) {
      return this.#failed(session, client, error);
    }
  }

  #finish(session) {
    if (session.connected.length) this.#end(session, 'complete');
  }

  #refuse(session) {
    this.#end(session, session.connected.length ? 'complete' : 'denied');
  }

  #failed(session, client, error) {
    if (!(error instanceof Refused)) throw error;
    if (error.code === 'access_denied') this.#refuse(session);
    else this.#end(session, 'config_error', `${client.provider.name} refused this application: ${error.message}`);
  }

  // The browser comes back from a provider. Only the browser that was sent there may, and only once.
  async #return(request, response, parameters) {
    const flow = this.#flows.get(parameters.get('state'));
    if (!flow || !same(cookie(request), flow.browser)) {
      return answer(response, 400, 'text/plain', 'This answer belongs to no connection that this browser began.\n');
    }
    this.#flows.delete(parameters.get('state'));
    const session = this.#session(flow.token);
    if (session?.state === 'pending') {
      try {
        this.#connected(session, flow, await flow.client.finish(parameters, flow.verifier));
      } catch (error) {
        this.#failed(session, flow.client, error);
      }
    }
    redirect(response, this.place);
  }

  // A grant, or the one that is there already for this account, with new tokens.
  #connected(session, { client, lifetime }, { tokens, account, accountName }) {
    const { id: provider, name } = client.provider;
    const expires = lifetime ? moment(this.store.now() + lifetime) : undefined;
    const known = [...this.store.grants.values()].find((grant) => grant.oauth && grant.user === session.user
      && grant.provider === provider && grant.account === account && grant.status !== 'deleted');
    const grant = known ?? this.store.addGrant({ provider, account, account_name: accountName, user: session.user });
    Object.assign(grant, { status: 'active', scopes: tokens.scopes, expires });
    this.#keep(grant, tokens);
    const operation = known ? 'reauth' : 'creation';
    if (!session.grants.includes(grant.id)) session.grants.push(grant.id);
    session.connected = [...session.connected.filter((one) => one.grant_id !== grant.id), {
      grant_id: grant.id, provider, provider_name: name, account_identifier: account, operation,
      timestamp: new Date().toISOString(), scopes: tokens.scopes, status: 'active',
      metadata: { account_display_name: accountName, account_email: account },
    }];
    if (this.#allowed(session).length === 1) this.#end(session, 'complete');
  }

  #keep(grant, tokens) {
    grant.oauth = tokens;
    grant.credential = { token: tokens.access, type: tokens.type, header: 'Authorization', format: 'Bearer {token}' };
  }

  // Sees to it that the credential of a grant of this page is good for a while, before it is handed out.
  async renew(grant) {
    if (!grant.oauth) return;
    if (grant.oauth.ends - Date.now() <= this.tokens.margin * 1000) await this.#refresh(grant);
    grant.credential.expires_in = Math.floor((grant.oauth.ends - Date.now()) / 1000);
  }

  // One request renews; those that come meanwhile are told to ask again.
  async #refresh(grant) {
    const about = { grant: grant.id, provider: grant.provider };
    if (this.#refreshing.has(grant.id)) {
      throw new Failure(409, 'token_refresh_in_progress', 'the token is being renewed', about);
    }
    this.#refreshing.add(grant.id);
    try {
      this.#keep(grant, await this.clients.get(grant.provider).refresh(grant.oauth));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code !== 'invalid_grant') throw new Failure(502, 'provider_error', error.message, about);
      grant.status = 'credential_revoked';
      this.store.usable(grant);
    } finally {
      this.#refreshing.delete(grant.id);
    }
  }

  // A grant that is revoked takes its tokens with it.
  async withdraw(grant) {
    if (grant.oauth) await this.clients.get(grant.provider).revoke(grant.oauth);
  }
}
