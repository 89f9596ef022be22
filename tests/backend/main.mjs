// main.mjs: an Alter-compatible backend for tests, on loopback: strict, and told to misbehave by /__control/.
//
//     node main.mjs --port PORT [--profile FILE].. [--with MODULE]..
//
// A module is a file beside this one ("./connect.mjs") that adds what is no part of the service itself. It exports
// start({ profile, store, wire, api, base, control }), which gives { handle(request, response), stop() }; handle is
// asked first about each request, and says whether it took it.
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { Api } from './api.mjs';
import { Control, Log } from './control.mjs';
import { Faults, send } from './faults.mjs';
import { load } from './profile.mjs';
import { Store } from './store.mjs';
import { Reject, Wire } from './wire.mjs';

const BODY_LIMIT = 4 << 20;

const { values } = parseArgs({ options: {
  port: { type: 'string' },
  profile: { type: 'string', multiple: true, default: [] },
  with: { type: 'string', multiple: true, default: [] },
} });

const host = `127.0.0.1:${values.port}`;
const base = `http://${host}`;
const profile = load(values.profile);
const store = new Store();
const wire = new Wire(profile, store, host);
const api = new Api(profile, store, base);
const faults = new Faults(profile, api);
const log = new Log();
const backend = { store, wire, api, faults, log, flips: undefined };
const control = new Control(backend);
const parts = [];

async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= BODY_LIMIT) chunks.push(chunk);
  }
  if (size > BODY_LIMIT) throw new Reject(413, 'too_large', 'too_large', 'the body is too large');
  return Buffer.concat(chunks);
}

function pairs(flat) {
  const list = [];
  for (let at = 0; at < flat.length; at += 2) list.push([flat[at], flat[at + 1]]);
  return list;
}

// What a call says, when it is one that the service takes.
function admitted(call) {
  const judged = wire.judge(call);
  backend.flips?.check(call, judged);
  wire.admit(judged);
  return judged;
}

async function serve(request, response) {
  const at = Date.now() / 1000;
  const call = { method: request.method, target: request.url, headers: pairs(request.rawHeaders) };
  try {
    await respond({ ...call, body: await read(request) }, at, response);
  } catch (reject) {
    if (!(reject instanceof Reject)) throw reject;
    log.reject({ ...reject, method: call.method, target: call.target, headers: call.headers, at });
    const body = api.failureBody({ ...reject, details: {} });
    await send(response, faults.render('rejected', { status: reject.status, headers: {}, body }));
  }
}

async function respond(call, at, response) {
  const judged = admitted(call);
  const fault = faults.take(judged.route);
  // An answer that never was is not worked out: an error changes nothing.
  const answer = fault?.error ? { status: fault.error.status, headers: {}, body: {} } : await api.answer(judged);
  const rendered = faults.render(judged.route, answer, fault);
  const { route, id, fields, caller, callerType, actor } = judged;
  const name = caller && Buffer.from(caller, 'latin1').toString();
  log.call({ route, id, fields, caller: name, callerType, actor, at, status: rendered.status, headers: call.headers,
    body: call.body.toString() });
  await send(response, rendered, fault);
}

async function steer(request, response) {
  let status = 200;
  let answer;
  try {
    answer = await control.handle(request.url.slice('/__control/'.length), await read(request));
  } catch (error) {
    status = error.status ?? 500;
    answer = { error: error.stack ?? error.message };
  }
  const bytes = Buffer.from(JSON.stringify(answer ?? {}));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}

async function take(request, response) {
  for (const part of parts) {
    if (await part.handle(request, response)) return undefined;
  }
  return request.url.startsWith('/__control/') ? steer(request, response) : serve(request, response);
}

const server = createServer({ keepAliveTimeout: 60000, requestTimeout: 0 }, (request, response) => {
  take(request, response).catch((error) => {
    if (!response.socket.destroyed) console.error(error.stack ?? error);
    response.destroy();
  });
});
server.on('clientError', (error, socket) => {
  // A client that leaves while it is answered is one too.
  if (error.code?.startsWith('HPE_')) log.reject({ status: 400, reason: 'no_http' });
  if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
});

for (const name of values.with) parts.push(await (await import(new URL(name, import.meta.url))).start({
  profile, store, wire, api, base, control }));
server.listen(Number(values.port), '127.0.0.1');

process.on('SIGTERM', async () => {
  for (const part of parts) await part.stop();
  server.close();
  server.closeAllConnections();
});
