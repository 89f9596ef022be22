// api.mjs: what the backend does with a request that wire.mjs let through, and what it answers, in the names of the
// profile.
import { SCOPES } from './routes.mjs';
import { Failure, moment } from './store.mjs';
import { Reject } from './wire.mjs';

const AUDIT_LIMIT = 10 * 1024;
const PROXY_LIMIT = 64 * 1024;
const REDACTED = /^(authorization|cookie|set-cookie|x-api-key|x-auth-token|x-amz-.*)$/i;
const NOT_BY_PROXY = /^(authorization|cookie|x-api-key|x-amz-security-token)$/i;
const NOT_FROM_PROXY = new RegExp('^(set-cookie|www-authenticate|authorization|proxy-.*|connection|transfer-encoding|'
  + 'content-length|content-encoding)$', 'i');

// What a client should have known before it asked.
const refuse = (reason, message) => { throw new Reject(422, 'invalid_request', reason, message); };

export class Api {
  constructor(profile, store, base) {
    // `live` is the OAuth side, where there is one: see live.mjs.
    Object.assign(this, { profile, store, base, live: undefined });
    this.forget();
  }

  forget() { this.audits = []; this.audited = 0; }

  // The answer of a judged call: { status, headers: {..}, body }.
  async answer(judged) {
    const { headers } = this.profile;
    const extra = {};
    if (judged.key.status === 'deprecated' && headers.deprecated) extra[headers.deprecated] = 'true';
    if (judged.caller !== undefined && headers.actor_given) {
      extra[headers.actor_given] = this.store.actorOf(judged.name, judged.caller, judged.callerType);
    }
    try {
      this.checkScopes(judged);
      const user = this.store.userOf(judged.fields.user_token);
      const [status, body] = await this[judged.route](judged.fields, user, judged);
      return { status, headers: extra, body };
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      return { status: failure.status, headers: extra, body: this.failureBody(failure) };
    }
  }

  checkScopes({ key, route }) {
    const missing = key.scopes ? SCOPES[route].filter((scope) => !key.scopes.includes(scope)) : [];
    if (missing.length) throw new Failure(403, 'insufficient_scope', 'the API key may not do that', { missing });
  }

  // A failure in the words of the profile: code, message and policy stand at the top, all else is in details.
  failureBody({ code, message, details }) {
    const { error } = this.profile;
    const inner = {};
    const body = { [error.code]: this.profile.word(code), [error.message]: message, [error.details]: inner };
    for (const [name, value] of Object.entries(details)) {
      if (name === 'policy') body[error.policy] = this.profile.word(value);
      else if (name === 'candidates') inner[error.candidates] = value.map((item) => this.candidate(item));
      else inner[error[name]] = value;
    }
    return body;
  }

  candidate({ id, account, label }) {
    const { error } = this.profile;
    return clean({ [error.candidate]: id, [error.candidate_account]: account, [error.candidate_label]: label });
  }

  async token(fields, user) {
    const grant = this.store.resolve(fields, user);
    if (grant.proxy === 'approval') {
      throw new Failure(400, 'hitl_grant_requires_proxy', 'a human decides about this grant', { grant: grant.id });
    }
    if (grant.proxy) {
      throw new Failure(400, 'restricted_grant_requires_proxy', 'this grant stays here', { grant: grant.id });
    }
    await this.live?.renew(grant);
    return [200, this.tokenBody(grant, this.store.issue(grant))];
  }

  tokenBody(grant, credential) {
    const names = this.profile.token.answer;
    const { injection, aws } = this.profile;
    const seconds = credential.expires_in;
    const credentials = { ...credential.credentials };
    for (const [name, value] of Object.entries(credential.aws ?? {})) credentials[aws[name]] = value;
    const source = (text) => (text === 'token' ? injection.token : injection.credential + text);
    return named(names, {
      token: credential.token, type: credential.type, expires_in: seconds,
      expires_at: seconds === undefined ? undefined : moment(this.store.now() + seconds),
      scopes: grant.scopes, grant: grant.id, provider: grant.slug ?? grant.provider,
      scopes_outdated: grant.scopes_outdated ?? false, header: credential.header, format: credential.format,
      credentials: Object.keys(credentials).length ? credentials : null,
      injections: credential.injections?.map(({ target, key, value }) => named(names, {
        injection_target: injection[target] ?? target, injection_key: key, injection_value: source(value) })) ?? null,
    });
  }

  grantBody(grant) {
    return named(this.profile.grant, {
      ...grant, credential: undefined, proxy: undefined, user: undefined, status: this.store.statusOf(grant),
      scopes_outdated: grant.scopes_outdated ?? false, used: grant.used ?? null, expires: grant.expires ?? null,
    });
  }

  grants({ provider, status, account, limit = 100, offset = 0 }, user) {
    const names = this.profile.grants;
    const fit = this.store.visible(user).filter((grant) =>
      (provider === undefined || (grant.slug ?? grant.provider) === provider)
      && (status === undefined || this.store.statusOf(grant) === status)
      && (account === undefined || grant.account === account));
    return [200, {
      ...named(names.answer, {
        list: fit.slice(offset, offset + limit).map((grant) => this.grantBody(grant)),
        total: fit.length, has_more: offset + limit < fit.length,
      }),
      [names.request.limit]: limit, [names.request.offset]: offset,
    }];
  }

  async revoke(_fields, user, { id }) {
    const grant = this.store.revoke(id, user);
    await this.live?.withdraw(grant);
    return [200, { ...named(this.profile.revoke.answer, { success: true }), message: 'revoked' }];
  }

  session(fields, user) {
    this.live?.check(fields);
    if (fields.origin !== undefined && !/^https?:\/\/[^/?#@]+$/.test(fields.origin)) {
      refuse('wrong_origin', 'the origin is none');
    }
    const session = this.store.openSession(fields, user);
    const page = this.profile.connect_page.replace('{session_token}', encodeURIComponent(session.token));
    return [200, named(this.profile.session.answer, {
      token: session.token, url: this.base + page, expires_in: session.lifetime, expires_at: moment(session.expires),
    })];
  }

  poll({ token }, user) {
    const session = this.store.session(token, user);
    const { answer, states } = this.profile.poll;
    const grants = session.grants.map((id) => this.grantBody(this.store.grants.get(id)));
    return [200, named(answer, { state: states[session.state], grants, reason: session.reason })];
  }

  async proxy(fields, user) {
    const grant = this.store.resolve(fields, user);
    const forbidden = Object.keys(fields.headers ?? {}).find((name) => NOT_BY_PROXY.test(name));
    if (forbidden) refuse('forbidden_header', `${forbidden} may not be set`);
    if (grant.proxy !== 'approval') return [200, this.answerBody(await this.perform(grant, fields))];
    const approval = this.store.openApproval(grant, fields);
    return [202, {
      ...named(this.profile.proxy.answer, { approval: approval.id, expires_at: moment(approval.expires),
        approval_url: `${this.base}/wallet/approvals/${approval.id}` }),
      [this.profile.approval.answer.state]: this.profile.approval.states.pending,
    }];
  }

  answerBody({ status, headers, body }) {
    return named(this.profile.proxy.answer, {
      approval: null, status, headers, body: body.subarray(0, PROXY_LIMIT).toString('base64'),
      cut: body.length > PROXY_LIMIT,
    });
  }

  // Sends the request with the grant's credential, as the client would have to.
  async perform(grant, { method, url, headers = {}, json }) {
    await this.live?.renew(grant);
    const { token, header = 'Authorization', format = 'Bearer {token}' } = this.store.issue(grant);
    const body = json === undefined ? undefined : JSON.stringify(json);
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    let answer;
    try {
      answer = await fetch(url, { method, body, redirect: 'manual',
        headers: { ...headers, ...type, [header]: format.replace('{token}', token) } });
    } catch (error) {
      throw new Failure(502, 'upstream_failed', `the upstream cannot be asked: ${error.cause?.code ?? error.message}`);
    }
    const kept = [...answer.headers].filter(([name]) => !NOT_FROM_PROXY.test(name));
    return { status: answer.status, headers: Object.fromEntries(kept), body: Buffer.from(await answer.arrayBuffer()) };
  }

  approval(_fields, _user, { id }) {
    const approval = this.store.approval(id);
    const { answer, states } = this.profile.approval;
    return [200, named(answer, {
      state: states[approval.state], reason: approval.reason ?? null, expires_at: moment(approval.expires),
      has_result: approval.result !== undefined,
    })];
  }

  approval_result(_fields, _user, { id }) {
    const { result } = this.store.approval(id);
    if (!result) throw new Failure(404, 'no_result', 'it has no result', { approval: id });
    return [200, this.answerBody(result)];
  }

  // A human decides. What is approved is sent at once.
  async decide(id, state, reason) {
    const approval = this.store.approval(id);
    Object.assign(approval, { state, reason });
    if (state !== 'approved') return;
    try {
      approval.result = await this.perform(approval.grant, approval.request);
      approval.state = 'executed';
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      approval.state = 'failed';
    }
  }

  // Nothing that is secret may be in a record, wherever it stands.
  audit(fields) {
    for (const side of ['request_headers', 'response_headers']) {
      const found = Object.keys(fields[side] ?? {}).find((name) => REDACTED.test(name));
      if (found) refuse('not_redacted', `${side} has ${found}`);
    }
    for (const side of ['request_body', 'response_body']) {
      if (Buffer.byteLength(fields[side] ?? '') > AUDIT_LIMIT) refuse('too_long', `${side} is too long`);
    }
    const text = JSON.stringify(fields);
    for (const value of this.store.issued) {
      if (text.includes(value)) refuse('credential_in_audit', 'a credential is in the record');
    }
    this.audited += 1;
    this.audits.push(fields);
    if (this.audits.length > 1000) this.audits.shift();
    return [200, { success: true }];
  }
}

function clean(group) { return Object.fromEntries(Object.entries(group).filter(([, value]) => value !== undefined)); }

// A group in the names of the profile. What the profile does not name, or what has no value, is left out.
function named(names, values) {
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== undefined && names[name])
    .map(([name, value]) => [names[name], value]));
}
