// json.mjs: JSON as a strict reader takes it: UTF-8 that is UTF-8, no member twice, nothing behind the value.
const PLAIN = /(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null)/y;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const BLANK = /[ \t\n\r]*/y;
const DEPTH = 32;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function parseJson(bytes) {
  const text = UTF8.decode(bytes);
  let at = 0;

  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found?.[0];
  };
  const fail = () => { throw new SyntaxError(`no JSON at ${at}`); };
  const blank = () => match(BLANK);
  const take = (mark) => { blank(); return text[at] === mark && ++at > 0; };

  function list(depth) {
    const items = [];
    if (take(']')) return items;
    do items.push(value(depth)); while (take(','));
    return take(']') ? items : fail();
  }
  function group(depth) {
    const members = {};
    if (take('}')) return members;
    do {
      blank();
      const name = JSON.parse(match(TEXT) ?? fail());
      if (!take(':')) fail();
      if (Object.hasOwn(members, name)) throw new SyntaxError(`"${name}" is there twice`);
      Object.defineProperty(members, name, { value: value(depth), enumerable: true });
    } while (take(','));
    return take('}') ? members : fail();
  }
  function value(depth) {
    if (depth > DEPTH) throw new SyntaxError('too deep');
    if (take('{')) return group(depth + 1);
    if (take('[')) return list(depth + 1);
    return JSON.parse(match(TEXT) ?? match(PLAIN) ?? fail());
  }

  const whole = value(0);
  blank();
  return at === text.length ? whole : fail();
}
