// routes.mjs: what the backend can be asked, with each field and its type, in the names that the profile's keys have.
const WHO = { grant: 'text', provider: 'text', account: 'text' };
const WHY = { reason: 'text', context: 'texts' };
const USER = { user_token: 'text' };

// A type is a name of TYPES, or the fields of an object.
export const FIELDS = {
  token: { ...WHO, method: 'text', url: 'text', ...WHY, ...USER },
  grants: { provider: 'text', status: 'text', account: 'text', limit: 'number', offset: 'number' },
  revoke: { reason: 'text', ...USER },
  session: { providers: 'list', return_url: 'text', origin: 'text',
    policy: { max_ttl: 'number', default_ttl: 'number' }, scopes: 'lists', metadata: 'texts', ...USER },
  poll: { token: 'text', ...USER },
  proxy: { ...WHO, method: 'text', url: 'text', headers: 'texts', json: 'any', ...WHY, ...USER },
  approval: {},
  approval_result: {},
  audit: { grant: 'text', provider: 'text', method: 'text', url: 'text', request_headers: 'texts',
    request_body: 'long', response_status: 'number', response_headers: 'texts', response_body: 'long',
    latency_ms: 'number', ...WHY },
};

const REQUIRED = {
  token: ['method', 'url'], session: ['providers'], poll: ['token'], proxy: ['method', 'url'],
  audit: ['method', 'url', 'response_status', 'latency_ms'],
};

// What a key has to be allowed, of the scopes that the service documents.
export const SCOPES = {
  token: ['tokens:retrieve'], grants: ['grants:read'], revoke: ['grants:write'],
  session: ['connect:initiate', 'grants:write'], poll: ['connect:initiate'], proxy: ['proxy:execute'],
  approval: ['approvals:read'], approval_result: ['approvals:read'], audit: ['audit:emit'],
};

const isText = (value) => typeof value === 'string' && value !== '';
const isGroup = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value) => Array.isArray(value) && value.length > 0 && value.every(isText);
const TYPES = {
  text: isText,
  long: (value) => typeof value === 'string',
  number: (value) => Number.isSafeInteger(value) && value >= 0,
  list: isList,
  texts: (value) => isGroup(value) && Object.values(value).every((item) => typeof item === 'string'),
  lists: (value) => isGroup(value) && Object.values(value).every(isList),
  any: () => true,
};

const ID = /^[A-Za-z0-9._~-]+$/;
const NUMBER = /^(0|[1-9][0-9]{0,9})$/;

export class Routes {
  constructor(profile) {
    this.profile = profile;
    this.routes = Object.keys(FIELDS).map((name) => {
      const { method, path } = profile[name];
      const [before, after] = path.split(/\{\w+\}/);
      return { name, method, before, after };
    });
    this.names = {};
    for (const [name, fields] of Object.entries(FIELDS)) this.names[name] = this.wireNames(name, fields);
  }

  // wire name → [name, type], of one object.
  wireNames(route, fields) {
    const names = this.profile[route].request ?? {};
    return new Map(Object.entries(fields).filter(([name]) => names[name] !== '')
      .map(([name, type]) => [names[name], [name, isGroup(type) ? this.wireNames(route, type) : type]]));
  }

  // The route of a request, the id in its path, and its query; undefined where there is none.
  find(method, target) {
    const [path, ...query] = target.split('?');
    const found = (route, id) => ({ name: route.name, id, query: query.length ? query.join('?') : undefined });
    for (const route of this.routes) {
      if (route.method !== method) continue;
      if (route.after === undefined) {
        if (path === route.before) return found(route);
      } else if (path.startsWith(route.before) && path.endsWith(route.after)) {
        const id = path.slice(route.before.length, path.length - route.after.length);
        if (ID.test(id)) return found(route, id);
      }
    }
    return undefined;
  }

  // What is said in a query, of a route that takes one.
  readQuery(route, query, reject) {
    const names = this.names[route];
    const fields = {};
    for (const pair of query === undefined ? [] : query.split('&')) {
      const [wire, value] = /^[^=]+=[^=]+$/.test(pair) ? pair.split('=').map(decode) : [];
      if (wire === undefined || value === undefined) reject('malformed_query', `"${pair}" is no pair`);
      const [name, type] = names.get(wire) ?? reject('unknown_parameter', `${wire} is no parameter of ${route}`);
      if (Object.hasOwn(fields, name)) reject('duplicate_parameter', `${wire} is there twice`);
      if (type === 'number' && !NUMBER.test(value)) reject('wrong_type', `${wire} is no number`);
      fields[name] = type === 'number' ? Number(value) : value;
    }
    if (fields.limit < 1 || fields.limit > 1000) reject('wrong_value', 'limit: 1 to 1000');
    return fields;
  }

  // What is said in a body.
  readBody(route, body, reject) {
    if (!isGroup(body)) reject('wrong_type', 'the body is no object');
    const fields = this.readGroup(body, this.names[route], route, reject);
    for (const name of REQUIRED[route] ?? []) {
      if (fields[name] === undefined) reject('missing_field', `${this.profile[route].request[name]} is missing`);
    }
    if (route === 'token' || route === 'proxy') this.checkWho(fields, reject);
    return fields;
  }

  readGroup(group, names, where, reject) {
    const fields = {};
    for (const [wire, value] of Object.entries(group)) {
      const [name, type] = names.get(wire) ?? reject('unknown_field', `${wire} is no field of ${where}`);
      if (type instanceof Map) {
        if (!isGroup(value)) reject('wrong_type', `${wire} is no object`);
        fields[name] = this.readGroup(value, type, wire, reject);
      } else {
        if (!TYPES[type](value)) reject('wrong_type', `${wire} is not of the type ${type}`);
        fields[name] = value;
      }
    }
    return fields;
  }

  checkWho({ grant, provider, account, url }, reject) {
    if ((grant === undefined) === (provider === undefined)) reject('which_grant', 'exactly one of grant and provider');
    if (account !== undefined && provider === undefined) reject('which_grant', 'an account without a provider');
    if (!/^https?:\/\/[^/?#@\s]+/.test(url)) reject('wrong_value', 'the url is none');
    if (/[#]/.test(url)) reject('wrong_value', 'the url has a fragment');
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
