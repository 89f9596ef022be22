// upstream.mjs: an API whose callers need a token of the provider: a calendar. It asks the provider about each token
// that it is given (introspection), and checks that its scope covers what is to be done.
import { answerJson, readBody, serve } from './web.mjs';

const EVENTS = '/calendar/v3/calendars/primary/events';
const SCOPE_OF = { GET: ['calendar.readonly', 'calendar.events'], POST: ['calendar.events'] };

// `issuer` is the provider's, `client` {id, secret} what this API is known as there.
export async function startUpstream({ issuer, client, port }) {
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const authorization = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;
  const events = new Map();
  const calls = [];

  async function introspect(token) {
    const reply = await fetch(metadata.introspection_endpoint, { method: 'POST', headers: { authorization },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }) });
    if (!reply.ok) throw new Error(`the provider answered ${reply.status} to an introspection`);
    return reply.json();
  }

  const challenge = (response, status, error, more = {}) => {
    const parts = Object.entries({ realm: 'calendar', ...(error && { error }), ...more });
    answerJson(response, status, { error: { code: status, status: error ?? 'unauthenticated' } },
      { 'www-authenticate': `Bearer ${parts.map(([key, value]) => `${key}="${value}"`).join(', ')}` });
  };

  async function handle(request, response) {
    const bearer = /^Bearer ([-._~+/A-Za-z0-9]+=*)$/i.exec(request.headers.authorization ?? '');
    if (!bearer) return challenge(response, 401);
    const token = await introspect(bearer[1]);
    const url = new URL(request.url, 'http://upstream');
    calls.push({ method: request.method, path: url.pathname, account: token.sub ?? null, active: token.active });
    if (!token.active) return challenge(response, 401, 'invalid_token');
    if (url.pathname !== EVENTS || !(request.method in SCOPE_OF)) {
      return answerJson(response, 404, { error: { code: 404, status: 'not_found' } });
    }
    const scopes = token.scope.split(' ');
    const suffices = SCOPE_OF[request.method];
    if (!suffices.some((scope) => scopes.includes(scope))) {
      return challenge(response, 403, 'insufficient_scope', { scope: suffices[0] });
    }
    if (!events.has(token.sub)) events.set(token.sub, [{ id: '1', summary: 'Breakfast' }]);
    const own = events.get(token.sub);
    if (request.method === 'GET') return answerJson(response, 200, { account: token.sub, items: own });
    const { summary } = JSON.parse(await readBody(request));
    own.push({ id: String(own.length + 1), summary });
    return answerJson(response, 200, own.at(-1));
  }

  const server = await serve((request, response) => handle(request, response).catch((error) => {
    answerJson(response, error.status ?? 500, { error: { code: error.status ?? 500, status: error.message } });
  }), port);
  return { ...server, calls };
}
