// Shows in the browser what doorbell pushes; serve it as it is, or read it into a service worker of your own with
// importScripts('/doorbell-worker.js'). How it is set up, and what a push holds: README.md beside this file.
'use strict';

self.doorbell = (() => {
  // Pages answer within milliseconds; one that is suspended does not answer and shows nothing to anybody.
  // Firefox lets a click open windows for a second.
  const ANSWER_MS = 400;
  // A sound has to be loaded first.
  const PLAYING_MS = 1500;

  // doorbell-subscribe.js writes its settings into the address of the worker: a stopped worker remembers nothing else
  const settings = new URL(self.location.href).searchParams;

  function read(data) {
    try {
      const note = data.json();
      if (note !== null && typeof note.title === 'string' && typeof note.conversation === 'string') return note;
    } catch {
      // falls through: browsers demand that every push is shown
    }
    return { title: (data && data.text()) || self.location.host, body: '', conversation: '', at: Date.now() };
  }

  function ask(client, question, patience) {
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      const timer = setTimeout(() => resolve(null), patience);
      port1.onmessage = ({ data }) => {
        clearTimeout(timer);
        resolve(data);
      };
      client.postMessage(question, [port2]);
    });
  }

  // The pages of the host program that answer, the one last looked at first.
  async function openPages() {
    const clients = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
    const answers = await Promise.all(clients.map((client) => ask(client, { doorbell: 'view' }, ANSWER_MS)));
    return clients.map((client, index) => ({ client, ...answers[index] })).filter((page, index) => answers[index]);
  }

  // Whether who looks at this page sees the message without a notification.
  function covers({ looking, view }, note) {
    if (!looking || !view) return false;
    if (view.page === 'inbox' || view.conversation === undefined) return true;
    return view.conversation === note.conversation;
  }

  function tell(pages, message) {
    for (const { client } of pages) client.postMessage(message);
  }

  // One page plays: the first that can. Until somebody has clicked on a page, browsers let it make no sound.
  async function play(pages, note) {
    for (const { client } of pages.filter((page) => page.sounds.includes(note.sound.name))) {
      if (await ask(client, { doorbell: 'play', note }, PLAYING_MS)) return true;
    }
    return false;
  }

  async function close(tag) {
    for (const shown of await self.registration.getNotifications({ tag })) shown.close();
  }

  // Apple takes the subscription away after three pushes without a notification, whatever page is in view. Its push
  // service gives these browsers away, their names do not.
  async function mustShow() {
    const subscription = await self.registration.pushManager.getSubscription();
    return subscription !== null && new URL(subscription.endpoint).hostname.endsWith('.push.apple.com');
  }

  function show(note, tag, { silent, renotify }) {
    const { title, body, link, conversation, kind, uid, at, sound } = note;
    return self.registration.showNotification(title, {
      body,
      tag,
      silent,
      renotify,
      timestamp: at,
      icon: settings.get('icon') || undefined,
      requireInteraction: Boolean(sound && sound.repeats),
      data: { link, conversation, kind, uid, at },
    });
  }

  async function stayQuiet(note, tag, pages, watching) {
    tell(pages, { doorbell: 'note', note, shown: false });
    if (note.sound && note.sound.in_view) await play(watching, note);
    if (await mustShow()) await show(note, tag, { silent: true, renotify: false });
    // what an earlier push left there has been seen by now
    await close(tag);
  }

  async function push(note) {
    const tag = note.tag || note.conversation || 'doorbell';
    const pages = await openPages();
    const watching = pages.filter((page) => covers(page, note));
    if (watching.length > 0) return stayQuiet(note, tag, pages, watching);
    const shown = (await self.registration.getNotifications({ tag })).map(({ data }) => data || {});
    // push services may swap two pushes
    if (shown.some((earlier) => earlier.at > note.at)) return undefined;
    const isRepeat = shown.some((earlier) => earlier.uid !== undefined && earlier.uid === note.uid);
    const playing = Boolean(note.sound) && !isRepeat && (await play(pages, note));
    await show(note, tag, { silent: !note.sound || isRepeat || playing, renotify: !isRepeat });
    tell(pages, { doorbell: 'note', note, shown: true });
    return undefined;
  }

  // Focuses the page that has the conversation open, else one that can open it, else opens the link.
  async function click(notification) {
    notification.close();
    const { conversation, link } = notification.data || {};
    const pages = await openPages();
    tell(pages, { doorbell: 'opened', conversation });
    const there = pages.find(({ view }) => conversation && view && view.conversation === conversation);
    if (there) return there.client.focus();
    const same = pages.find(({ client }) => client.url === link);
    if (same) return same.client.focus();
    const willing = pages.find((page) => page.opens);
    if (willing) {
      willing.client.postMessage({ doorbell: 'open', conversation, link });
      return willing.client.focus();
    }
    if (isWeb(link)) return self.clients.openWindow(link);
    return pages.length > 0 ? pages[0].client.focus() : self.clients.openWindow(self.registration.scope);
  }

  function isWeb(link) {
    return URL.canParse(link) && ['https:', 'http:'].includes(new URL(link).protocol);
  }

  // The browser has changed the subscription: the host program has to hear of the new one.
  async function renew({ oldSubscription, newSubscription }) {
    const key = settings.get('key') || (oldSubscription && oldSubscription.options.applicationServerKey);
    const options = { userVisibleOnly: true, applicationServerKey: key };
    const subscription = newSubscription || (await self.registration.pushManager.subscribe(options));
    const { endpoint, keys } = subscription.toJSON();
    const device = { provider: 'webpush', token: endpoint, p256dh: keys.p256dh, auth: keys.auth };
    const replaces = oldSubscription ? oldSubscription.endpoint : null;
    const answer = await fetch(settings.get('save'), {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...device, replaces }),
    });
    if (!answer.ok) throw new Error(`save the subscription: ${answer.status}`);
  }

  // One after the other: two pushes of a conversation must not both find that there is none yet.
  let turn = Promise.resolve();
  function inTurn(note) {
    turn = turn.then(() => push(note), () => push(note));
    return turn;
  }

  self.addEventListener('push', (event) => event.waitUntil(inTurn(read(event.data))));
  self.addEventListener('notificationclick', (event) => event.waitUntil(click(event.notification)));
  self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renew(event)));

  return { push: inTurn, click, renew };
})();
