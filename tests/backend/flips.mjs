// flips.mjs: whether each change of one bit of an accepted call would have been rejected.
import { randomInt } from 'node:crypto';
import { Failure } from './store.mjs';
import { Reject } from './wire.mjs';

// What transports may change, and what the profile does not sign: a client could not be blamed for it.
const OF_TRANSPORT = new Set(['accept', 'user-agent', 'connection', 'content-length']);

const flipText = (text, bit) => text.slice(0, bit >> 3)
  + String.fromCharCode(text.charCodeAt(bit >> 3) ^ (1 << (bit & 7))) + text.slice((bit >> 3) + 1);

function flipBytes(bytes, bit) {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] ^= 1 << (bit & 7);
  return copy;
}

export class Flips {
  // `each`: one bit of every part of a call is flipped, else one bit of one part; `whole`: of every so many calls all
  // bits of the signature are; `exhaustive`: all bits of all parts of every call.
  constructor(wire, { each = false, whole = 64, exhaustive = false } = {}) {
    Object.assign(this, { wire, each, whole, exhaustive, calls: 0, tried: 0, signatures: 0, survivors: [] });
    const { headers, signing } = wire.profile;
    this.signature = headers.signature.toLowerCase();
    this.unsigned = new Set(['caller', 'caller_type'].filter((part) => !signing.parts.includes(part))
      .map((part) => headers[part].toLowerCase()));
  }

  report() {
    const { calls, tried, signatures, survivors } = this;
    return { calls, tried, signatures, survivors };
  }

  // Has to be asked before the call's nonce counts as used: else that would be the reason.
  check(call, judged) {
    this.calls += 1;
    const signature = this.calls % this.whole === 0;
    const parts = [...this.parts(call, judged)].filter(({ size }) => size);
    const chosen = randomInt(parts.length);
    parts.forEach(({ name, size, flip }, place) => {
      if (this.exhaustive || (signature && name === this.signature)) {
        for (let bit = 0; bit < size * 8; bit += 1) this.try(name, bit, flip(bit));
        this.signatures += name === this.signature ? 1 : 0;
      } else if (this.each || place === chosen) {
        const bit = randomInt(size * 8);
        this.try(name, bit, flip(bit));
      }
    });
  }

  * parts(call, judged) {
    const { method, target, headers, body } = call;
    yield { name: 'method', size: method.length, flip: (bit) => ({ ...call, method: flipText(method, bit) }) };
    yield { name: 'target', size: target.length, flip: (bit) => ({ ...call, target: flipText(target, bit) }) };
    yield { name: 'body', size: body.length, flip: (bit) => ({ ...call, body: flipBytes(body, bit) }) };
    for (const [place, [name, value]] of headers.entries()) {
      const short = name.toLowerCase();
      // An actor's id belongs to a caller, so that both together cannot be changed, either.
      if (OF_TRANSPORT.has(short) || (this.unsigned.has(short) && judged.actor === undefined)) continue;
      const put = (pair) => ({ ...call, headers: headers.with(place, pair) });
      yield { name: short, size: value.length, flip: (bit) => put([name, flipText(value, bit)]) };
      // The case of a name means nothing.
      yield { name: `name of ${short}`, size: name.length,
        flip: (bit) => put([flipText(name, (bit & 7) === 5 ? bit ^ 1 : bit), value]) };
    }
  }

  try(part, bit, call) {
    this.tried += 1;
    try {
      const { fields } = this.wire.judge(call);
      this.wire.store.userOf(fields.user_token);
    } catch (reject) {
      if (reject instanceof Reject || reject instanceof Failure) return;
      throw reject;
    }
    if (this.survivors.length < 20) this.survivors.push({ part, bit, method: call.method, target: call.target });
  }
}
