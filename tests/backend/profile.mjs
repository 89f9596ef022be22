// profile.mjs: reads wire profiles: what etc/alter-1.conf uses of libconfig's syntax, and one file over another.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const BUILT_IN = fileURLToPath(new URL('../../etc/alter-1.conf', import.meta.url));

const TOKEN = new RegExp([
  String.raw`(?<space>\s+|#[^\n]*|//[^\n]*|/\*[^]*?\*/)`,
  String.raw`(?<text>"(?:[^"\\]|\\[^])*")`,
  String.raw`(?<number>[-+]?(?:0[xX][0-9a-fA-F]+|[0-9]+)L{0,2}(?![\w.]))`,
  String.raw`(?<word>[A-Za-z*][-A-Za-z0-9_*]*)`,
  String.raw`(?<mark>[{}()[\],;=:])`,
].join('|'), 'y');
const ESCAPES = { n: '\n', r: '\r', t: '\t', f: '\f', '\\': '\\', '"': '"' };

function unescape(text, where) {
  return text.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|[^])/g, (_, escape) => {
    if (escape.length === 3) return String.fromCharCode(parseInt(escape.slice(1), 16));
    if (!(escape in ESCAPES)) throw new Error(`${where}: \\${escape} is no escape`);
    return ESCAPES[escape];
  });
}

function* tokens(source, file) {
  TOKEN.lastIndex = 0;
  let line = 1;
  while (TOKEN.lastIndex < source.length) {
    const start = TOKEN.lastIndex;
    const found = TOKEN.exec(source);
    if (!found) throw new Error(`${file}:${line}: "${source.slice(start, start + 20)}" is no token`);
    const [kind, text] = Object.entries(found.groups).find(([, value]) => value !== undefined);
    if (kind !== 'space') yield { kind, text, where: `${file}:${line}` };
    line += text.split('\n').length - 1;
  }
  yield { kind: 'end', text: '', where: `${file}:${line}` };
}

// Groups are objects, lists and arrays are arrays.
export function parse(source, file = 'profile') {
  const stream = tokens(source, file);
  let token = stream.next().value;
  const next = () => { const taken = token; token = stream.next().value; return taken; };
  const fail = (wanted) => { throw new Error(`${token.where}: ${wanted} is expected, not "${token.text}"`); };
  const skip = (text) => { if (token.text !== text || token.kind === 'text') fail(`"${text}"`); next(); };
  const is = (text) => token.kind === 'mark' && token.text === text;

  function members(end) {
    const group = {};
    while (!end()) {
      if (token.kind !== 'word') fail('a name');
      const name = next();
      if (Object.hasOwn(group, name.text)) throw new Error(`${name.where}: ${name.text} is set twice`);
      skip(is(':') ? ':' : '=');
      group[name.text] = value();
      if (is(';') || is(',')) next();
    }
    return group;
  }
  function items(close) {
    const list = [];
    while (!is(close)) {
      list.push(value());
      if (!is(',')) break;
      next();
    }
    skip(close);
    return list;
  }
  function value() {
    const taken = next();
    if (taken.kind === 'text') {
      let text = unescape(taken.text, taken.where);
      while (token.kind === 'text') text += unescape(next().text, taken.where);
      return text;
    }
    if (taken.kind === 'number') return Number(taken.text.replace(/L+$/, ''));
    if (taken.kind === 'word' && /^(true|false)$/i.test(taken.text)) return /^true$/i.test(taken.text);
    if (taken.kind === 'mark' && taken.text === '{') {
      const group = members(() => is('}'));
      next();
      return group;
    }
    if (taken.kind === 'mark' && taken.text === '(') return items(')');
    if (taken.kind === 'mark' && taken.text === '[') return items(']');
    throw new Error(`${taken.where}: a value is expected, not "${taken.text}"`);
  }
  return members(() => token.kind === 'end');
}

const isGroup = (value) => typeof value === 'object' && !Array.isArray(value);

// What `over` says replaces what `under` says; groups are gone through, lists are replaced whole. A key that the
// built-in profile has not, or has as another kind of value, is an error.
function merge(under, over, path = '') {
  const merged = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const old = under[name];
    const where = path + name;
    if (old === undefined) throw new Error(`${where} is no key of a profile`);
    if (typeof old !== typeof value || isGroup(old) !== isGroup(value)) throw new Error(`${where} is of another kind`);
    merged[name] = isGroup(value) ? merge(old, value, `${where}.`) : value;
  }
  return merged;
}

// The backend has to know which code a file means by its own word for it. So rows of `errors` are matched with the
// built-in ones by their places, and have to say the same but for code and policy.
function errorWords(builtIn, profile) {
  if (profile.errors.length !== builtIn.errors.length) throw new Error('errors has not as many rows as alter-1');
  const words = new Map();
  builtIn.errors.forEach((row, place) => {
    const other = profile.errors[place];
    if (other.status !== row.status || other.result !== row.result) throw new Error(`errors.${place} means other`);
    for (const kind of ['code', 'policy']) {
      if ((row[kind] === undefined) !== (other[kind] === undefined)) throw new Error(`errors.${place}.${kind}`);
      if (row[kind] !== undefined) words.set(row[kind], other[kind]);
    }
  });
  return words;
}

// The built-in profile with the files over it, and word(code): what a code of alter-1 is called there. Codes that no
// profile knows are called the same everywhere: a client must not depend on them.
export function load(files = []) {
  const read = (file) => parse(readFileSync(file, 'utf8'), file);
  const builtIn = read(BUILT_IN);
  const profile = files.reduce((under, file) => merge(under, read(file)), builtIn);
  const words = errorWords(builtIn, profile);
  return { ...profile, word: (code) => words.get(code) ?? code };
}
