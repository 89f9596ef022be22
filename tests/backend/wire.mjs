// wire.mjs: whether a request is one that the backend takes: every rule of the wire, each with its own reason.
import { isUtf8 } from 'node:buffer';
import { createHash, createHmac } from 'node:crypto';
import { parseJson } from './json.mjs';
import { FIELDS, Routes } from './routes.mjs';

export const WINDOW = 300;

// What HTTP itself needs. Nothing else may come along that the profile does not name.
const OF_HTTP = new Set(['host', 'accept', 'user-agent', 'connection', 'content-type', 'content-length']);
const OF_PROFILE = ['key', 'timestamp', 'nonce', 'content_hash', 'signature', 'caller', 'caller_type', 'user_token',
  'actor'];

// A reason is for tests; what the client is told is the code, in the words of alter-1.
export class Reject {
  constructor(status, code, reason, message) {
    Object.assign(this, { status, code, reason, message });
  }
}

// Whether bytes are some UTF-8 without control characters.
function isText(latin1) {
  if (/^[\x20-\x7e]+$/.test(latin1)) return true;
  return latin1 !== '' && !/[\x00-\x1f\x7f]/.test(latin1) && isUtf8(Buffer.from(latin1, 'latin1'));
}

const bad = (reason, message) => { throw new Reject(400, 'invalid_request', reason, message); };
const unauthorised = (code, reason, message) => { throw new Reject(401, code, reason, message); };

const ENCODED = { hex: /^[0-9a-f]{64}$/, base64: /^[A-Za-z0-9+/]{43}=$/ };

export class Wire {
  constructor(profile, store, host) {
    Object.assign(this, { profile, store, host });
    this.routes = new Routes(profile);
    this.headers = new Map(OF_PROFILE.filter((name) => profile.headers[name] !== '')
      .map((name) => [profile.headers[name].toLowerCase(), name]));
    this.signingKeys = new Map();
    this.forget();
  }

  forget() { this.nonces = new Map(); }

  signingKey(key) {
    const { label } = this.profile.signing;
    if (label === '') return key;
    if (!this.signingKeys.has(key)) this.signingKeys.set(key, createHmac('sha256', key).update(label).digest());
    return this.signingKeys.get(key);
  }

  signature(key, parts) {
    const { signing } = this.profile;
    const separator = signing.separator === 'newline' ? '\n' : signing.separator;
    const text = signing.parts.map((name) => parts[name] ?? '').join(separator);
    return createHmac('sha256', this.signingKey(key)).update(text, 'latin1').digest(signing.encoding);
  }

  // A call is { method, target, headers: [[name, value]..], body: Buffer }, with texts of one byte for each character.
  // Returns what it says, or throws a Reject. Changes nothing, so that it may be asked about altered calls, too.
  judge(call) {
    const route = this.routes.find(call.method, call.target);
    if (!route) throw new Reject(404, 'no_such_route', 'no_route', `${call.method} ${call.target.split('?')[0]}`);
    const head = this.readHeaders(call.headers);
    const key = this.checkKey(head);
    this.checkTime(head);
    this.checkSignature(call, head);
    const hasBody = this.profile[route.name].method !== 'GET';
    this.checkForm(call, head, hasBody);
    const fields = this.readFields(route, call, head, hasBody);
    const { caller, caller_type: callerType, actor, nonce } = head;
    this.checkCaller(head);
    return { route: route.name, id: route.id, key, name: head.key, nonce, fields, caller, callerType, actor };
  }

  // What judge returned is now taken: the same nonce is not good a second time.
  admit({ nonce }) {
    this.nonces.set(nonce, this.store.now());
    if (this.nonces.size % 65536 === 0) {
      for (const [old, at] of this.nonces) {
        if (at < this.store.now() - 2 * WINDOW) this.nonces.delete(old);
      }
    }
  }

  readHeaders(headers) {
    const head = {};
    for (const [name, value] of headers) {
      const known = this.headers.get(name.toLowerCase());
      if (known === undefined && !OF_HTTP.has(name.toLowerCase())) bad('unknown_header', `${name} is unknown`);
      const short = known ?? name.toLowerCase();
      if (Object.hasOwn(head, short)) bad('duplicate_header', `${name} is there twice`);
      if (!isText(value)) bad('malformed_header', `${name} has no value that it may have`);
      head[short] = value;
    }
    if (head.host !== this.host) bad('wrong_host', `this is ${this.host}`);
    return head;
  }

  checkKey({ key }) {
    if (key === undefined) unauthorised('invalid_key', 'no_key', 'there is no API key');
    const known = this.store.keys.get(key);
    if (!known) unauthorised('invalid_key', 'unknown_key', 'the API key is unknown');
    if (known.status === 'revoked') unauthorised('key_revoked', 'revoked_key', 'the API key was revoked');
    return known;
  }

  checkTime({ timestamp, nonce }) {
    if (timestamp === undefined) unauthorised('invalid_signature', 'no_timestamp', 'there is no timestamp');
    if (!/^[1-9][0-9]{0,11}$/.test(timestamp)) unauthorised('invalid_signature', 'malformed_timestamp', timestamp);
    const apart = Math.abs(this.store.now() - Number(timestamp));
    if (apart > WINDOW) unauthorised('clock_skew', 'clock_skew', `the clocks are ${apart} seconds apart`);
    if (nonce === undefined) unauthorised('invalid_signature', 'no_nonce', 'there is no nonce');
    if (!/^[0-9a-f]{32}$/.test(nonce)) unauthorised('invalid_signature', 'malformed_nonce', 'the nonce is none');
    if (this.nonces.has(nonce)) unauthorised('replayed', 'replayed', 'the nonce was used before');
  }

  checkSignature(call, head) {
    const { encoding } = this.profile.signing;
    for (const name of ['content_hash', 'signature']) {
      if (head[name] === undefined) unauthorised('invalid_signature', `no_${name}`, `there is no ${name}`);
      if (!ENCODED[encoding].test(head[name])) unauthorised('invalid_signature', `malformed_${name}`, `no ${encoding}`);
    }
    if (head.content_hash !== createHash('sha256').update(call.body).digest(encoding)) {
      unauthorised('invalid_signature', 'wrong_content_hash', 'the body is not the one that was signed');
    }
    if (head.signature !== this.signature(head.key, { ...head, method: call.method, target: call.target })) {
      unauthorised('invalid_signature', 'wrong_signature', 'the signature is wrong');
    }
  }

  checkForm(call, head, hasBody) {
    const type = head['content-type'];
    if (hasBody && !call.body.length) bad('no_body', 'there is no body');
    if (!hasBody && call.body.length) bad('unexpected_body', 'there is a body');
    if (hasBody && type === undefined) bad('no_content_type', 'there is no content type');
    if (hasBody ? type !== 'application/json' : type !== undefined) bad('wrong_content_type', `${type}`);
    if (hasBody && head.user_token !== undefined) bad('misplaced_user_token', 'the user token belongs into the body');
  }

  readFields(route, call, head, hasBody) {
    const takesQuery = !hasBody && Object.keys(FIELDS[route.name]).length > 0;
    if (route.query !== undefined && !takesQuery) bad('unexpected_query', `${route.name} takes no query`);
    if (!hasBody) {
      const fields = takesQuery ? this.routes.readQuery(route.name, route.query, bad) : {};
      return head.user_token === undefined ? fields : { ...fields, user_token: head.user_token };
    }
    let body;
    try {
      body = parseJson(call.body);
    } catch (error) {
      if (error instanceof SyntaxError) bad('malformed_json', error.message);
      bad('malformed_text', error.message);
    }
    const fields = this.routes.readBody(route.name, body, bad);
    if (route.name === 'token' && fields.url.includes('?')) bad('query_in_url', 'the query is nobody\'s business');
    return fields;
  }

  checkCaller({ key, caller, caller_type: type, actor }) {
    if (type !== undefined && caller === undefined) bad('type_without_caller', 'a caller type without a caller');
    if (type !== undefined && !Object.values(this.profile.caller_types).includes(type)) bad('wrong_caller_type', type);
    if (actor === undefined) return;
    if (!this.store.actorIds.has(actor)) bad('unknown_actor', 'that actor was never told to anybody');
    if (caller !== undefined && !this.store.isActorOf(actor, key, caller, type)) {
      bad('wrong_actor', 'that is another caller\'s');
    }
  }
}
