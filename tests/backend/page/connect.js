// connect.js: the connect page in the browser. It takes the session from the fragment of the URL, asks the backend how
// that stands, lets the user choose, and tells whoever opened it how it ended.
const { place, key } = document.body.dataset;
const card = document.getElementById('card');

// The token is kept for this tab alone, and out of its address and history. The way back from a provider has none.
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get(key);
  if (given) {
    sessionStorage.setItem(key, given);
    history.replaceState(null, '', location.pathname);
  }
  return sessionStorage.getItem(key);
}

const session = takeToken();

async function ask(what, more = {}) {
  const reply = await fetch(`${place}/${what}`, { method: 'POST', body: JSON.stringify({ session, ...more }),
    headers: { 'content-type': 'application/json' } });
  if (![200, 400, 404].includes(reply.status)) throw new Error(`the answer was ${reply.status}`);
  return reply.json();
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const heading = (text) => element('h1', { textContent: text });
const text = (words, className = 'quiet') => element('p', { textContent: words, className });
const mark = (sign, className = '') =>
  element('div', { className: `mark ${className}`, textContent: sign, ariaHidden: 'true' });
const button = (label, className, onclick) =>
  element('button', { type: 'button', textContent: label, className, onclick });

function show(title, ...children) {
  document.title = title;
  card.replaceChildren(...children.filter(Boolean));
  card.ariaBusy = 'false';
}

const UNITS = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];

function inWords(seconds) {
  const [size, unit] = UNITS.find(([size]) => seconds % size === 0);
  return `${seconds / size} ${unit}${seconds === size ? '' : 's'}`;
}

function lifetimeChoice({ lifetimes, lifetime }) {
  if (!lifetimes.length) return null;
  const choices = lifetimes.map((seconds) => element('label', {}, element('input', { type: 'radio', name: 'lifetime',
    value: seconds, checked: seconds === lifetime }), element('span', { textContent: inWords(seconds) })));
  return element('fieldset', {}, element('legend', { textContent: 'How long may it be used?' }),
    element('div', { className: 'lifetimes' }, ...choices));
}

function accounts(list) {
  return list.length ? element('ul', { className: 'accounts' }, ...list.map(([provider, account]) =>
    element('li', {}, element('b', { textContent: provider }),
      element('span', { className: 'quiet', textContent: account })))) : null;
}

async function act(what, more) {
  for (const other of card.querySelectorAll('button')) other.disabled = true;
  try {
    const view = await ask(what, more);
    if (view.url) location.assign(view.url);
    else render(view);
  } catch (error) {
    problem(error);
  }
}

function start(provider) {
  const chosen = card.querySelector('input[name=lifetime]:checked');
  return act('start', { provider, lifetime: chosen ? Number(chosen.value) : undefined });
}

function choose(view) {
  const connected = view.providers.flatMap(({ name, accounts }) => accounts.map((account) => [name, account]));
  const single = view.providers.length === 1;
  const title = single ? `Connect ${view.providers[0].name}` : 'Connect your accounts';
  const purpose = `${view.app} asks to use ${single ? `your ${view.providers[0].name} account` : 'accounts of yours'} `
    + 'on your behalf. You sign in there, and can withdraw this at any time.';
  const ways = view.providers.map(({ id, name, accounts }) =>
    button(single ? `Continue to ${name}` : accounts.length ? `Add another ${name} account` : `Connect ${name}`,
      single ? 'main' : '', () => start(id)));
  show(title, heading(title), text(purpose), view.error && text(view.error, 'problem'), accounts(connected),
    lifetimeChoice(view), ...ways,
    connected.length ? button('Done', 'main', () => act('finish')) : button('Cancel', 'plain', () => act('refuse')));
  timer = setTimeout(() => act('look'), Math.min(view.left * 1000 + 500, 2 ** 31 - 1));
}

let timer;

// What the widget is told, or the page behind return_url, or else the user alone.
function tell(view, message, query) {
  sessionStorage.removeItem(key);
  if (window.opener && view.origin) {
    window.opener.postMessage(message, view.origin);
    window.close();
  } else if (view.return_url) {
    const target = new URL(view.return_url);
    for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
    location.replace(target);
  }
}

function succeeded(view) {
  const list = view.grants.map(({ provider_name: name, account_identifier: account }) => [name, account]);
  show('Connected', mark('✓'), heading('Connected'), text(`${view.app} can now use:`), accounts(list),
    text('You can close this window.', 'quiet'));
  const [first] = view.grants;
  tell(view, { type: 'alter_connect_success', grants: view.grants }, {
    alter_connect_success: 'true', grant_id: first.grant_id, provider: first.provider,
    account_identifier: first.account_identifier, provider_name: first.provider_name, timestamp: first.timestamp,
    operation: first.operation, scopes: first.scopes.join(','), status: first.status,
  });
}

const ENDS = {
  denied: { code: 'oauth_denied', sign: '–', title: 'Not connected',
    words: ({ app }) => `You did not allow it, so ${app} has got no access. You can close this window.` },
  expired: { code: 'session_expired', sign: '!', title: 'This link has expired',
    words: ({ app }) => `Nothing was connected. Go back to ${app} and begin again.` },
  config_error: { code: 'oauth_provider_error', sign: '!', title: 'This cannot be connected now',
    words: ({ app }) => `Nothing was connected. Whoever looks after ${app} has to mend its settings.` },
  unknown: { code: 'invalid_token', sign: '!', title: 'This link is not valid',
    words: () => 'Go back to where it came from and begin again.' },
};

function failed(view) {
  const { code, sign, title, words } = ENDS[view.state];
  const description = view.reason ?? title;
  show(title, mark(sign, view.state === 'denied' ? '' : 'bad'), heading(title), text(words(view)),
    view.state === 'config_error' && text(view.reason, 'problem'));
  tell(view, { type: 'alter_connect_error', error: code, error_description: description },
    { alter_connect_error: code, error_code: code, error_description: description });
}

function problem(error) {
  show('Not reachable', mark('!', 'bad'), heading('The service cannot be reached'), text(String(error.message)),
    button('Try again', '', () => act('look')));
}

function render(view) {
  clearTimeout(timer);
  if (view.state === 'pending') choose(view);
  else if (view.state === 'complete') succeeded(view);
  else failed(view);
}

if (session) act('look');
else render({ state: 'unknown' });
