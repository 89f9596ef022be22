// faults.mjs: answers that are not as they should be, when a test asked for them.
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Failure } from './store.mjs';

// A fault: { route: a name or "any", skip: how many calls are spared first, times: how many have it }, and what is done
// to the answer. All that is named is done, in the order of this table.
//   error: { status, code, message, details }    instead of the answer; codes in the words of alter-1
//   replay: true                                 the answer that the route gave before, once more
//   omit: [path..], set: { path: value }, extra: { name: value }, of the answer; a path is in the names of the
//                                                profile's keys, "token" or "list.0.id"
//   headers: { name: value }                     added; null takes away
//   raw: { status, type, text or base64 }        another body
//   duplicate: path, invalid_utf8: path          of a member at the top
//   pad: bytes                                   a member of that many bytes more
//   truncate: bytes                              a body that ends there, and says that it is whole
//   gzip: 0 or bytes                             the body, or that many blanks, compressed
//   slow_ms                                      before the answer
//   drip_ms                                      before each byte
//   cut: bytes                                   of the whole answer, head and all, are sent; then the connection ends
//   chunked: a name of CHUNKED                   how its body is sent
//   hang: true, reset: true                      instead of any answer
export class Faults {
  constructor(profile, api) {
    Object.assign(this, { profile, api, list: [], last: new Map() });
  }

  forget() { this.list = []; this.last.clear(); }

  add(faults) { this.list.push(...faults.map((fault) => ({ route: 'any', skip: 0, times: 1, ...fault }))); }

  // The fault of the next call of a route.
  take(route) {
    const fault = this.list.find((one) => one.times > 0 && (one.route === route || one.route === 'any'));
    if (!fault) return undefined;
    if (fault.skip > 0) {
      fault.skip -= 1;
      return undefined;
    }
    fault.times -= 1;
    return fault;
  }

  // What is sent for an answer of api.mjs: { status, headers, bytes }.
  render(route, answer, fault = {}) {
    let { status, body } = answer;
    const headers = { ...answer.headers };
    if (fault.error) {
      status = fault.error.status;
      body = this.api.failureBody(new Failure(status, fault.error.code ?? 'none', fault.error.message ?? 'no',
        fault.error.details));
    }
    if (fault.omit || fault.set || fault.extra) body = this.altered(route, status, body, fault);
    let bytes = Buffer.from(JSON.stringify(body));
    headers['content-type'] = 'application/json';
    if (fault.replay && this.last.has(route)) ({ status, bytes } = this.last.get(route));
    else this.last.set(route, { status, bytes });
    if (fault.raw) {
      status = fault.raw.status ?? status;
      headers['content-type'] = fault.raw.type ?? headers['content-type'];
      bytes = Buffer.from(fault.raw.text ?? fault.raw.base64, fault.raw.text === undefined ? 'base64' : 'utf8');
    }
    bytes = this.mangled(route, status, bytes, fault);
    if (fault.gzip !== undefined) {
      bytes = gzipSync(fault.gzip ? Buffer.alloc(fault.gzip, ' ') : bytes);
      headers['content-encoding'] = 'gzip';
    }
    for (const [name, value] of Object.entries(fault.headers ?? {})) {
      if (value === null) delete headers[name];
      else headers[name] = value;
    }
    return { status, headers, bytes };
  }

  // Where a path is in a body: the thing that has it, and its name there.
  place(route, status, body, path) {
    const { answer } = this.profile[route];
    const inner = route === 'token' ? answer : this.profile.grant;
    let holder = body;
    let names = status >= 400 ? this.profile.error : answer;
    const steps = path.split('.').map((step) => {
      const name = /^\d+$/.test(step) ? Number(step) : names[step] ?? step;
      names = inner;
      return name;
    });
    const last = steps.pop();
    for (const step of steps) holder = holder[step];
    return [holder, last];
  }

  altered(route, status, body, { omit = [], set = {}, extra = {} }) {
    const copy = structuredClone(body);
    for (const path of omit) {
      const [holder, name] = this.place(route, status, copy, path);
      delete holder[name];
    }
    for (const [path, value] of Object.entries(set)) {
      const [holder, name] = this.place(route, status, copy, path);
      holder[name] = value;
    }
    return { ...copy, ...extra };
  }

  mangled(route, status, bytes, fault) {
    let text = bytes;
    const name = (path) => this.place(route, status, {}, path)[1];
    if (fault.duplicate) {
      const member = name(fault.duplicate);
      const value = JSON.stringify(JSON.parse(bytes)[member]);
      text = Buffer.concat([Buffer.from(`{${JSON.stringify(member)}:${value},`), bytes.subarray(1)]);
    }
    if (fault.invalid_utf8) {
      const start = bytes.indexOf(`${JSON.stringify(name(fault.invalid_utf8))}:"`);
      const at = bytes.indexOf(':', start) + 2;
      text = Buffer.concat([bytes.subarray(0, at), Buffer.from([0xc3, 0x28, 0xff]), bytes.subarray(at)]);
    }
    if (fault.pad) {
      text = Buffer.concat([Buffer.from('{"padding":"'), Buffer.alloc(fault.pad, 'x'), Buffer.from('",'),
        bytes.subarray(1)]);
    }
    return fault.truncate === undefined ? text : text.subarray(0, fault.truncate);
  }
}

const chunk = (bytes) => Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
const END = Buffer.from('0\r\n\r\n');

// Ways of sending a body in chunks: those that are in order first.
const CHUNKED = {
  plain: (bytes) => [chunk(bytes), END],
  each_byte: (bytes) => [...[...bytes].map((byte) => chunk(Buffer.from([byte]))), END],
  extension: (bytes) => [Buffer.from(`${bytes.length.toString(16)};a=b\r\n`), bytes, Buffer.from('\r\n'), END],
  trailer: (bytes) => [chunk(bytes), Buffer.from('0\r\nretry-after: 1\r\n\r\n')],
  no_end: (bytes) => [chunk(bytes)],
  short: (bytes) => [Buffer.from(`${(bytes.length + 9).toString(16)}\r\n`), bytes],
  bad_size: (bytes) => [Buffer.from('zz\r\n'), bytes, Buffer.from('\r\n'), END],
  huge_size: (bytes) => [Buffer.from('fffffffffffffffff\r\n'), bytes, Buffer.from('\r\n'), END],
  both_lengths: (bytes) => [chunk(bytes.subarray(0, 5)), chunk(bytes.subarray(5)), END],
};

function wholeAnswer({ status, headers, bytes }, how) {
  const framing = how ? { 'transfer-encoding': 'chunked' } : { 'content-length': bytes.length };
  if (how === 'both_lengths') framing['content-length'] = 5;
  const lines = Object.entries({ ...headers, ...framing, connection: 'close' })
    .map(([name, value]) => `${name}: ${value}`);
  const head = Buffer.from(`HTTP/1.1 ${status} Told\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return Buffer.concat([head, ...(how ? CHUNKED[how](bytes) : [bytes])]);
}

// Sends what render made. Ends when it is sent, or when nobody is there to take it any more.
export async function send(response, rendered, fault = {}) {
  const { socket } = response;
  if (fault.slow_ms) await pause(fault.slow_ms);
  if (socket.destroyed || fault.hang) return;
  if (fault.reset) {
    socket.resetAndDestroy();
  } else if (fault.cut === undefined && !fault.chunked && !fault.drip_ms) {
    response.writeHead(rendered.status, { ...rendered.headers, 'content-length': rendered.bytes.length });
    response.end(rendered.bytes);
  } else {
    const bytes = wholeAnswer(rendered, fault.chunked).subarray(0, fault.cut);
    for (let at = 0; fault.drip_ms && at < bytes.length && !socket.destroyed; at += 1) {
      socket.write(bytes.subarray(at, at + 1));
      await pause(fault.drip_ms);
    }
    socket.end(fault.drip_ms ? undefined : bytes);
  }
}
