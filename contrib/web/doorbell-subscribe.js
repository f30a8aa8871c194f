// Subscribes the browser of who is signed in, and tells the worker what they look at. For every page of the host program:
// <script src="/doorbell-subscribe.js"></script>, then doorbell.start({...}). What it takes: README.md beside this file.
'use strict';

window.doorbell = (() => {
  const PAGES = ['console', 'inbox', 'dashboard', 'conversation'];
  // Nobody comes back to a sound that nobody answered for an hour.
  const LONGEST_RINGING_MS = 60 * 60 * 1000;
  // The host program may have lost the row; it is written anew once a day.
  const SAVED_FOR_MS = 24 * 60 * 60 * 1000;
  const SAVED = 'doorbell.saved';

  const ringing = new Map();
  const tabs = 'BroadcastChannel' in window ? new BroadcastChannel('doorbell') : null;
  let settings = null;
  let registered = null;
  let view = null;

  function isSupported() {
    return 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
  }

  // Call it on every page. Registers the worker, and keeps a subscription that there is.
  async function start(given) {
    settings = { worker: '/doorbell-worker.js', scope: undefined, sounds: {}, headers: {}, owner: '', ...given };
    if (!settings.key || !settings.save) throw new TypeError('doorbell.start needs `key` and `save`');
    if (!window.isSecureContext || !isSupported()) return state();
    navigator.serviceWorker.addEventListener('message', hear);
    navigator.serviceWorker.startMessages();
    registered = navigator.serviceWorker.register(workerAddress(), { scope: settings.scope });
    const registration = await registered;
    const subscription = await registration.pushManager.getSubscription();
    if (Notification.permission === 'granted' && subscription) await keep();
    return state();
  }

  function workerAddress() {
    const address = new URL(settings.worker, location.href);
    address.searchParams.set('key', settings.key);
    address.searchParams.set('save', new URL(settings.save, location.href).href);
    if (settings.icon) address.searchParams.set('icon', new URL(settings.icon, location.href).href);
    return address.href;
  }

  // Why nothing arrives here, or 'subscribed'.
  async function state() {
    if (!window.isSecureContext) return 'insecure';
    if (!isSupported()) return 'unsupported';
    if (Notification.permission === 'denied') return 'denied';
    if (Notification.permission === 'default') return 'undecided';
    const subscription = registered && (await (await registered).pushManager.getSubscription());
    return subscription ? 'subscribed' : 'unsubscribed';
  }

  // Call it from a click: browsers ask nobody otherwise.
  async function subscribe() {
    if (!registered) return state();
    if ((await Notification.requestPermission()) === 'granted') await keep();
    return state();
  }

  async function unsubscribe() {
    const subscription = registered && (await (await registered).pushManager.getSubscription());
    if (!subscription) return state();
    localStorage.removeItem(SAVED);
    await subscription.unsubscribe();
    await send('DELETE', { token: subscription.endpoint });
    return state();
  }

  async function keep() {
    const registration = await activated(await registered);
    const key = bytes(settings.key);
    let subscription = await registration.pushManager.getSubscription();
    let replaces = null;
    if (subscription && !isSame(new Uint8Array(subscription.options.applicationServerKey || []), key)) {
      replaces = subscription.endpoint;
      await subscription.unsubscribe();
      subscription = null;
    }
    subscription ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const { endpoint, keys } = subscription.toJSON();
    await save({ provider: 'webpush', token: endpoint, p256dh: keys.p256dh, auth: keys.auth, replaces });
  }

  async function save(device) {
    const what = JSON.stringify([settings.owner, device.token, device.p256dh, device.auth]);
    const saved = JSON.parse(localStorage.getItem(SAVED) || 'null');
    if (saved && saved.what === what && Date.now() - saved.at < SAVED_FOR_MS) return;
    await send('POST', device);
    localStorage.setItem(SAVED, JSON.stringify({ what, at: Date.now() }));
  }

  async function send(method, body) {
    const headers = { 'Content-Type': 'application/json', ...settings.headers };
    const options = { method, headers, credentials: 'same-origin', body: JSON.stringify(body) };
    const answer = await fetch(settings.save, options);
    if (!answer.ok) throw new Error(`${method} ${settings.save}: ${answer.status}`);
  }

  function activated(registration) {
    if (registration.active) return registration;
    const worker = registration.installing || registration.waiting;
    return new Promise((resolve, reject) => {
      worker.addEventListener('statechange', () => {
        if (worker.state === 'activated') resolve(registration);
        if (worker.state === 'redundant') reject(new Error(`${settings.worker} could not be installed`));
      });
    });
  }

  function bytes(base64url) {
    const letters = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  }

  function isSame(one, other) {
    return one.length === other.length && one.every((byte, index) => byte === other[index]);
  }

  // Say what this page shows, whenever that changes: inView({ page: 'inbox' }),
  // inView({ page: 'conversation', conversation: 42 }), inView(null).
  function inView(what) {
    if (what && !PAGES.includes(what.page)) throw new TypeError(`page is one of ${PAGES.join(', ')}`);
    const has = what && what.conversation !== undefined && what.conversation !== null;
    view = what && { page: what.page, conversation: has ? String(what.conversation) : undefined };
    look();
  }

  function isLooking() {
    return document.visibilityState === 'visible' && document.hasFocus();
  }

  function look() {
    if (!view || view.conversation === undefined || !isLooking()) return;
    hush(view.conversation);
    if (tabs) tabs.postMessage({ opened: view.conversation });
    forget(view.conversation);
  }

  async function forget(conversation) {
    if (!registered) return;
    for (const shown of await (await registered).getNotifications()) {
      if (shown.data && shown.data.conversation === conversation) shown.close();
    }
  }

  async function play({ sound, conversation }) {
    const source = settings.sounds[sound.name];
    if (!source) return false;
    hush(conversation);
    const audio = new Audio(source);
    audio.loop = sound.repeats;
    // from now on: the conversation may be opened while the sound is loading
    ringing.set(conversation, { audio, timer: setTimeout(() => hush(conversation), LONGEST_RINGING_MS) });
    try {
      await audio.play();
      return true;
    } catch {
      // nobody has clicked on this page yet, or the file is not there: the notification makes its own sound
      hush(conversation);
      return false;
    }
  }

  // Ends the sound of a conversation; without one, all sounds.
  function hush(conversation) {
    const which = conversation === undefined ? [...ringing.keys()] : [String(conversation)];
    for (const one of which.filter((key) => ringing.has(key))) {
      const { audio, timer } = ringing.get(one);
      audio.pause();
      clearTimeout(timer);
      ringing.delete(one);
    }
  }

  async function hear({ data, ports }) {
    if (!data || !data.doorbell) return;
    const { doorbell, note, shown, conversation, link } = data;
    if (doorbell === 'view') {
      const opens = typeof settings.open === 'function';
      ports[0].postMessage({ looking: isLooking(), view, opens, sounds: Object.keys(settings.sounds) });
    }
    if (doorbell === 'play') ports[0].postMessage(await play(note));
    if (doorbell === 'opened') hush(conversation);
    if (doorbell === 'open') settings.open({ conversation, link });
    if (doorbell === 'note') window.dispatchEvent(new CustomEvent('doorbell', { detail: { ...note, shown } }));
  }

  window.addEventListener('focus', look);
  document.addEventListener('visibilitychange', look);
  if (tabs) tabs.onmessage = ({ data }) => hush(data.opened);

  return { start, subscribe, unsubscribe, state, inView, hush };
})();
