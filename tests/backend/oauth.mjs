// oauth.mjs: the backend as a client of OAuth providers: authorization code with PKCE, refresh, revocation.
import { createHash, randomBytes } from 'node:crypto';

const random = () => randomBytes(32).toString('base64url');

// What a provider said no with. `code` is the word of RFC 6749, or "unreachable".
export class Refused extends Error {
  constructor(code, message) {
    super(message ?? code);
    this.code = code;
  }
}

export class Client {
  #metadata;

  // `provider` is {id, name, issuer, client, secret, scopes, preset}; `redirectUri` is where it sends browsers back to.
  constructor(provider, redirectUri) {
    this.provider = provider;
    this.redirectUri = redirectUri;
  }

  async #fetch(url, options = {}) {
    let reply;
    try {
      reply = await fetch(url, { ...options, redirect: 'error', signal: AbortSignal.timeout(10000) });
    } catch (error) {
      const why = error.cause?.message ?? error.message;
      throw new Refused('unreachable', `${this.provider.name} cannot be reached: ${why}`);
    }
    const text = await reply.text();
    let value = {};
    try { value = JSON.parse(text || '{}'); } catch { /* what is no JSON has no error code either */ }
    if (!reply.ok) throw new Refused(value.error ?? `http_${reply.status}`, value.error_description);
    return value;
  }

  async metadata() {
    this.#metadata ??= await this.#fetch(`${this.provider.issuer}/.well-known/openid-configuration`);
    if (this.#metadata.issuer !== this.provider.issuer) throw new Refused('invalid_issuer', 'another issuer answered');
    return this.#metadata;
  }

  async #form(endpoint, fields) {
    const { client, secret } = this.provider;
    const pair = [client, secret].map(encodeURIComponent).join(':');
    return this.#fetch((await this.metadata())[endpoint], { method: 'POST', body: new URLSearchParams(fields),
      headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } });
  }

  // Where to send the browser, and what has to be kept for the answer.
  async begin(scopes) {
    const kept = { state: random(), verifier: random() };
    const url = new URL((await this.metadata()).authorization_endpoint);
    url.search = new URLSearchParams({
      client_id: this.provider.client, response_type: 'code', redirect_uri: this.redirectUri,
      scope: ['openid', 'email', 'profile', 'offline_access', ...scopes].join(' '), prompt: 'login consent',
      state: kept.state, code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(kept.verifier).digest('base64url'),
    });
    return { url: url.href, ...kept };
  }

  #tokens(answer, before = {}) {
    return {
      access: answer.access_token,
      type: answer.token_type,
      refresh: answer.refresh_token ?? before.refresh,
      scopes: answer.scope?.split(' ') ?? before.scopes,
      ends: Date.now() + answer.expires_in * 1000,
      refreshed: before.refreshed === undefined ? 0 : before.refreshed + 1,
    };
  }

  // The tokens that the code in the answer of the browser stands for, and whose they are.
  async finish(answer, verifier) {
    if (answer.get('iss') !== this.provider.issuer) throw new Refused('invalid_issuer', 'another issuer answered');
    if (answer.has('error')) throw new Refused(answer.get('error'), answer.get('error_description'));
    const tokens = this.#tokens(await this.#form('token_endpoint', { grant_type: 'authorization_code',
      code: answer.get('code'), redirect_uri: this.redirectUri, code_verifier: verifier }));
    const user = await this.#fetch((await this.metadata()).userinfo_endpoint,
      { headers: { authorization: `Bearer ${tokens.access}` } });
    return { tokens, account: user.email, accountName: user.name };
  }

  async refresh(tokens) {
    return this.#tokens(await this.#form('token_endpoint', { grant_type: 'refresh_token',
      refresh_token: tokens.refresh }), tokens);
  }

  async revoke(tokens) {
    await this.#form('revocation_endpoint', { token: tokens.refresh, token_type_hint: 'refresh_token' });
  }
}
