// live.mjs: gives the backend a real OAuth side (main.mjs --with ./live.mjs): two providers, the page on which users
// connect accounts of theirs, and an API that takes the providers' tokens. A POST to /__control/live tells where all of
// that is and what happened. In seconds, {"seconds", "margin", "delay"} say how long tokens of the providers live from
// now on, how long before their end the backend renews them, and how long a provider takes to give one;
// {"withdraw": ID} does what the account's owner can do at the provider.
import { randomBytes } from 'node:crypto';
import { Connect, placesOf } from './connect.mjs';
import { startProvider } from './provider.mjs';
import { startUpstream } from './upstream.mjs';
import { answerJson, readBody } from './web.mjs';

const APP = 'Calendar helper';
const NAMES = { google: 'Google', github: 'GitHub' };
// What the application may ask for, and what it does where a session does not say.
const SCOPES = ['calendar.readonly', 'calendar.events'];
const PRESET = ['calendar.readonly'];
const secret = () => randomBytes(24).toString('hex');

export async function start({ profile, store, api, base }) {
  const tokens = { seconds: 60, margin: 10, delay: 0 };
  const client = { id: 'calendar-helper', secret: secret() };
  const reader = { id: 'api', secret: secret() };
  const places = placesOf(profile);
  const clients = [
    { client_id: client.id, client_name: APP, client_secret: client.secret, redirect_uris: [base + places.callback],
      grant_types: ['authorization_code', 'refresh_token'] },
    { client_id: reader.id, client_secret: reader.secret, redirect_uris: [], response_types: [], grant_types: [] },
  ];
  const running = {};
  for (const [id, name] of Object.entries(NAMES)) running[id] = await startProvider({ name, clients, tokens });
  const upstream = await startUpstream({ issuer: running.google.issuer, client: reader });
  const known = ([id, name], more = {}) => ({ id, name, issuer: running[id].issuer, client: client.id,
    secret: client.secret, scopes: SCOPES, preset: PRESET, ...more });
  const providers = Object.entries(NAMES).map((entry) => known(entry));
  // One whose secret here is not the one that the provider knows.
  providers.push(known(['google', 'Misconfigured'], { id: 'misconfigured', secret: secret() }));
  const connect = new Connect({ store, base, places, app: APP, providers, tokens });
  api.live = connect;

  const report = () => ({
    upstream: upstream.origin,
    calls: upstream.calls,
    providers: Object.fromEntries(Object.entries(running).map(([id, { origin }]) => [id, origin])),
    grants: [...store.grants.values()].filter((grant) => grant.oauth)
      .map(({ id, provider, account, status, expires, oauth: { refreshed } }) =>
        ({ id, provider, account, status, expires: expires && Date.parse(expires) / 1000, refreshed })),
    sessions: Object.fromEntries([...store.sessions].map(([token, { state, reason, grants }]) =>
      [token, { state, reason, grants }])),
  });

  return {
    async handle(request, response) {
      if (request.url !== '/__control/live') return connect.handle(request, response);
      const { withdraw, ...settings } = JSON.parse(await readBody(request));
      Object.assign(tokens, settings);
      if (withdraw) await connect.withdraw(store.grants.get(withdraw));
      answerJson(response, 200, report());
      return true;
    },
    async stop() {
      for (const { close } of [upstream, ...Object.values(running)]) await close();
    },
  };
}
