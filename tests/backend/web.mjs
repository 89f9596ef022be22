// web.mjs: what the small web servers of the OAuth side have in common: ports, forms, answers, the frame of a page.
import http from 'node:http';

const MAX_BODY = 16 * 1024;

// Starts a server on loopback: on this port, or on one below the range of outgoing connections, so that none of those
// can take it. Gives the server's origin, and a close() that waits for nobody.
export async function serve(handler, port) {
  const server = http.createServer(handler);
  for (let left = 50; ; left--) {
    const chosen = port ?? 20000 + Math.floor(Math.random() * 12000);
    try {
      await new Promise((resolve, reject) => {
        server.once('error', reject).listen(chosen, '127.0.0.1', () => { server.off('error', reject); resolve(); });
      });
      break;
    } catch (error) {
      if (error.code !== 'EADDRINUSE' || port || !left) throw error;
    }
  }
  const close = () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
  return { origin: `http://127.0.0.1:${server.address().port}`, close };
}

export async function readBody(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > MAX_BODY) throw Object.assign(new Error('the body is too long'), { status: 413 });
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

export const readForm = async (request) => new URLSearchParams(await readBody(request));

export function answer(response, status, type, body, headers = {}) {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers }).end(body);
}

export const answerJson = (response, status, value, headers) =>
  answer(response, status, 'application/json', JSON.stringify(value), headers);

export const redirect = (response, to, headers = {}) =>
  response.writeHead(303, { location: to, 'cache-control': 'no-store', ...headers }).end();

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escape = (text) => String(text).replace(/[&<>"']/g, (mark) => ENTITIES[mark]);
