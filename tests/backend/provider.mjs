// provider.mjs: an OpenID provider to connect accounts of: oidc-provider, with accounts to choose from and a page where
// the user consents or refuses. Its access tokens live for seconds.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { load } from './packages.mjs';
import { answer, escape, readForm, serve } from './web.mjs';

const { Provider } = await load('oidc-provider');

export const ACCOUNTS = new Map([
  ['alice', { sub: 'alice', name: 'Alice Adams', email: 'alice@example.com', email_verified: true }],
  ['bob', { sub: 'bob', name: 'Bob Brown', email: 'bob@example.com', email_verified: true }],
]);

// What the application may ask for, as the page of consent words it. The first four are OpenID's own.
const SCOPES = {
  openid: null,
  offline_access: null,
  email: 'See your e-mail address',
  profile: 'See your name',
  'calendar.readonly': 'See your calendar',
  'calendar.events': 'Change events in your calendar',
};

// What oidc-provider keeps, in memory.
function memory() {
  const kept = new Map();
  const find = (model, holds) => {
    for (const [key, { payload, ends }] of kept) {
      if (key.startsWith(`${model}:`) && ends > Date.now() && holds(payload)) return payload;
    }
    return undefined;
  };
  return class Memory {
    constructor(model) { this.model = model; }
    key(id) { return `${this.model}:${id}`; }
    async upsert(id, payload, seconds) {
      kept.set(this.key(id), { payload, ends: seconds ? Date.now() + seconds * 1000 : Infinity });
    }
    async find(id) {
      const entry = kept.get(this.key(id));
      return entry && entry.ends > Date.now() ? entry.payload : undefined;
    }
    async findByUid(uid) { return find(this.model, (payload) => payload.uid === uid); }
    async findByUserCode(code) { return find(this.model, (payload) => payload.userCode === code); }
    async consume(id) {
      const entry = kept.get(this.key(id));
      if (entry) entry.payload.consumed = Math.floor(Date.now() / 1000);
    }
    async destroy(id) { kept.delete(this.key(id)); }
    async revokeByGrantId(grant) {
      for (const [key, { payload }] of kept) {
        if (payload.grantId === grant) kept.delete(key);
      }
    }
  };
}

function settings({ tokens, clients }) {
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  return {
    adapter: memory(),
    jwks: { keys: [{ ...key, kid: 'only', use: 'sig', alg: 'RS256' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    clients,
    scopes: Object.keys(SCOPES),
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: async (_, id) => ACCOUNTS.has(id) && { accountId: id, claims: async () => ACCOUNTS.get(id) },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    ttl: { AccessToken: () => tokens.seconds, AuthorizationCode: 30, Grant: 3600, IdToken: 300, Interaction: 600,
      RefreshToken: 3600, Session: 600 },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: async (_, client) => client.clientId === 'api' },
      revocation: { enabled: true, allowedPolicy: async (_, client, token) => client.clientId === token.clientId },
    },
    renderError: async (ctx, out) => {
      ctx.type = 'html';
      ctx.body = page('This did not work', `<p>${escape(out.error_description ?? out.error)}</p>`);
    },
  };
}

const STYLE = `
  * { box-sizing: border-box }
  body { margin: 0; min-height: 100vh; display: flex; align-items: center; justify-content: center;
    background: #f3f6fb; color: #1f2328; font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif }
  main { width: 100%; max-width: 420px; margin: 16px; padding: 32px; background: #fff; border: 1px solid #d5dce6;
    border-radius: 16px }
  header { color: #1a56b8; font-weight: 600; margin-bottom: 20px }
  h1 { font-size: 22px; line-height: 1.3; margin: 0 0 8px }
  p, ul { margin: 0 0 20px; color: #57606a }
  ul { padding-left: 20px } li { margin: 6px 0; color: #1f2328 }
  button { font: inherit; cursor: pointer; border-radius: 8px; border: 1px solid #c5cfdc; background: #fff;
    color: inherit; padding: 10px 20px }
  button:hover { background: #f3f6fb } button:focus-visible { outline: 3px solid #9cc2ff; outline-offset: 1px }
  .account { display: block; width: 100%; text-align: left; margin-bottom: 10px; padding: 12px 16px }
  .account:last-child { margin-bottom: 0 } .account small { display: block; color: #57606a; font-size: 14px }
  .choice { display: flex; gap: 10px; justify-content: flex-end }
  .main { background: #1a56b8; border-color: #1a56b8; color: #fff } .main:hover { background: #15479a }`;

const page = (title, body, name = 'Sign-in') => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(title)}</title><style>${STYLE}</style></head>
<body><main><header>${escape(name)}</header><h1>${escape(title)}</h1>
${body}</main></body></html>`;

const accountPage = (uid, client, name) => page('Choose an account', `<p>to continue to ${escape(client)}</p>
<form method="post" action="/interaction/${uid}">
${[...ACCOUNTS.values()].map(({ sub, name: who, email }) => `<button class="account" name="account" value="${sub}">
${escape(who)}<small>${escape(email)}</small></button>`).join('\n')}
</form>`, name);

const consentPage = (uid, client, account, scopes, name) => page(`${client} wants access to your account`, `
<p>${escape(account.email)}</p>
<ul>${scopes.filter((scope) => SCOPES[scope]).map((scope) => `<li>${escape(SCOPES[scope])}</li>`).join('')}</ul>
<form method="post" action="/interaction/${uid}" class="choice">
<button name="decision" value="refuse">Cancel</button>
<button name="decision" value="allow" class="main">Allow</button>
</form>`, name);

// Starts a provider. `clients` are those of oidc-provider; `name` is what its pages call it; access tokens live for
// `tokens.seconds`, and are given out after `tokens.delay`; both may change.
export async function startProvider({ name, clients, tokens, port }) {
  let handle;
  const server = await serve((request, response) => handle(request, response), port);
  const provider = new Provider(server.origin, settings({ tokens, clients }));
  const protocol = provider.callback();

  async function show(request, response) {
    const { uid, prompt, params, session } = await provider.interactionDetails(request, response);
    const client = (await provider.Client.find(params.client_id)).clientName;
    const body = prompt.name === 'login' ? accountPage(uid, client, name)
      : consentPage(uid, client, ACCOUNTS.get(session.accountId), params.scope.split(' '), name);
    answer(response, 200, 'text/html; charset=utf-8', body,
      { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'" });
  }

  async function decide(request, response) {
    const form = await readForm(request);
    const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
    const finish = (result) => provider.interactionFinished(request, response, result);
    if (prompt.name === 'login') {
      if (!ACCOUNTS.has(form.get('account'))) return answer(response, 400, 'text/plain', 'no such account');
      return finish({ login: { accountId: form.get('account') } });
    }
    if (form.get('decision') !== 'allow') {
      return finish({ error: 'access_denied', error_description: 'the user refused' });
    }
    const grant = (grantId && await provider.Grant.find(grantId)) ||
      new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    return finish({ consent: { grantId: await grant.save() } });
  }

  handle = (request, response) => {
    if (request.url === '/token') return setTimeout(protocol, tokens.delay * 1000, request, response);
    if (!request.url.startsWith('/interaction/')) return protocol(request, response);
    return (request.method === 'POST' ? decide : show)(request, response).catch((error) => {
      answer(response, error.status ?? 500, 'text/html; charset=utf-8',
        page('This did not work', `<p>${escape(error.error_description ?? error.message)}</p>`, name));
    });
  };
  return { ...server, issuer: server.origin };
}
