-- doorbell's ledger, version 1: what was told, to whom, and what is on its way.
-- Times are Unix milliseconds UTC. Recipients are written agent:7, contact:12 or person:oncall.

CREATE TABLE doorbell_meta(
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a rule: messages before baseline_at are older than the rule and are not told.
CREATE TABLE doorbell_rule(
  name          TEXT PRIMARY KEY,
  baseline_at   INTEGER NOT NULL,
  first_seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE doorbell_pass(
  id          INTEGER PRIMARY KEY,
  version     TEXT NOT NULL,
  process_id  INTEGER NOT NULL,
  started_at  INTEGER NOT NULL,
  ended_at    INTEGER,            -- NULL: running, or died
  exit_status INTEGER,
  summary     TEXT                -- the pass's report as JSON
) STRICT;

-- A slot happens once: this key is the promise.
CREATE TABLE doorbell_slot(
  rule    TEXT NOT NULL,
  label   TEXT NOT NULL,
  slot_at INTEGER NOT NULL,
  pass_id INTEGER NOT NULL,
  queued  INTEGER NOT NULL DEFAULT 0, -- deliveries it began
  PRIMARY KEY(rule, label)
) STRICT, WITHOUT ROWID;
CREATE INDEX doorbell_slot_latest ON doorbell_slot(rule, slot_at);

-- Rules whose slot would tell far more than usual: they tell nobody until a person lets one slot go.
CREATE TABLE doorbell_hold(
  rule       TEXT PRIMARY KEY,
  since      INTEGER NOT NULL,
  deliveries INTEGER NOT NULL,           -- what its slot would begin now
  most       INTEGER NOT NULL,           -- what it may begin without being asked
  told_at    INTEGER NOT NULL,           -- when the operator last heard of it
  mailed_at  INTEGER,                    -- when a mail to the operator last left
  approved   INTEGER NOT NULL DEFAULT 0 CHECK(approved IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Channels that did not work when they were last tried.
CREATE TABLE doorbell_outage(
  channel TEXT PRIMARY KEY,
  since   INTEGER NOT NULL,
  told_at INTEGER NOT NULL, -- when the operator last heard of it
  key     TEXT NOT NULL,    -- the settings key at fault; empty: it may work again by itself
  words   TEXT NOT NULL     -- what was said, or how it failed
) STRICT, WITHOUT ROWID;

-- One digest to one endpoint.
CREATE TABLE doorbell_delivery(
  id              INTEGER PRIMARY KEY,
  account         TEXT NOT NULL DEFAULT '',
  recipient       TEXT NOT NULL,
  channel         TEXT NOT NULL,
  endpoint        TEXT NOT NULL DEFAULT '',  -- a device; empty where a recipient has one address, read anew at each attempt
  endpoint_shown  TEXT NOT NULL DEFAULT '',  -- the address of the last attempt, masked
  subject         TEXT NOT NULL DEFAULT '',
  state           TEXT NOT NULL CHECK(state IN ('queued','claimed','sending','sent','dead','unknown','suppressed')),
  owner           INTEGER,                   -- the pass that holds it
  uid             TEXT UNIQUE,               -- content key of the attempt on the wire, kept once it may have arrived
  attempt         INTEGER NOT NULL DEFAULT 0,
  ambiguous       INTEGER NOT NULL DEFAULT 0, -- attempts that may have arrived
  policy          TEXT NOT NULL DEFAULT 'resend' CHECK(policy IN ('resend','hold')), -- what a doubt about it is answered with
  queued_at       INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL,
  give_up_at      INTEGER NOT NULL,
  begun_at        INTEGER,
  closed_at       INTEGER,
  reason          TEXT,                      -- why it was suppressed
  reply_code      TEXT,
  reply_text      TEXT CHECK(length(reply_text) <= 500),
  CHECK((state IN ('claimed','sending')) = (owner IS NOT NULL))
) STRICT;
-- Nobody gets a second digest beside one that is on its way.
CREATE UNIQUE INDEX doorbell_delivery_open ON doorbell_delivery(account, recipient, channel, endpoint, subject)
  WHERE state IN ('queued','claimed','sending');
CREATE INDEX doorbell_delivery_due ON doorbell_delivery(next_attempt_at, id) WHERE state = 'queued';
-- What somebody was told of late, and how much today.
CREATE INDEX doorbell_delivery_recipient ON doorbell_delivery(recipient, channel, queued_at);
CREATE INDEX doorbell_delivery_held ON doorbell_delivery(owner) WHERE state IN ('claimed','sending');

-- What a delivery tells.
CREATE TABLE doorbell_item(
  delivery_id     INTEGER NOT NULL REFERENCES doorbell_delivery(id) ON DELETE CASCADE,
  conversation_id TEXT NOT NULL,
  rule            TEXT NOT NULL,
  message_id      TEXT NOT NULL,
  message_at      INTEGER NOT NULL,
  waiting_since   INTEGER NOT NULL,
  why             TEXT NOT NULL,
  matter          TEXT NOT NULL DEFAULT '',  -- empty: messages; else the event or the deadline
  step            INTEGER NOT NULL DEFAULT 1, -- how many times in a row it is told without a pause
  PRIMARY KEY(delivery_id, conversation_id, rule, matter)
) STRICT, WITHOUT ROWID;
CREATE INDEX doorbell_item_conversation ON doorbell_item(conversation_id);

-- How far each recipient was told. Moves only in the transaction that closes a delivery, and never back.
CREATE TABLE doorbell_mark(
  conversation_id TEXT NOT NULL,
  rule            TEXT NOT NULL,
  recipient       TEXT NOT NULL,
  channel         TEXT NOT NULL,
  message_id      TEXT NOT NULL,
  message_at      INTEGER NOT NULL,
  delivery_id     INTEGER NOT NULL,
  told_at         INTEGER NOT NULL,
  matter          TEXT NOT NULL DEFAULT '',
  step            INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY(conversation_id, rule, recipient, channel, matter)
) STRICT, WITHOUT ROWID;
-- When a rule that tells once per absence last told somebody anything.
CREATE INDEX doorbell_mark_recipient ON doorbell_mark(recipient, rule, channel, told_at);

-- The latest reason for which somebody did not hear, or that they were told after all; written only when it changes.
CREATE TABLE doorbell_decision(
  conversation_id TEXT NOT NULL,
  rule            TEXT NOT NULL,
  recipient       TEXT NOT NULL,  -- empty: decided for the conversation as a whole
  channel         TEXT NOT NULL,  -- empty: decided for all channels
  reason          TEXT NOT NULL,
  since           INTEGER NOT NULL,
  until           INTEGER,
  matter          TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(conversation_id, rule, recipient, channel, matter)
) STRICT, WITHOUT ROWID;
-- What was kept back behind a delivery that may have arrived: every pass looks at it again, due or not.
CREATE INDEX doorbell_decision_held ON doorbell_decision(rule) WHERE reason = 'delivery_in_doubt';

-- Addresses that nothing goes to: refused for good, or taken out by a person.
CREATE TABLE doorbell_block(
  channel     TEXT NOT NULL,
  address_key TEXT NOT NULL,  -- a hash, never the address; another address of the same person has another one
  shown       TEXT NOT NULL,  -- the address, masked
  since       INTEGER NOT NULL,
  until       INTEGER,        -- NULL: until a person takes it out
  reason      TEXT NOT NULL,  -- the provider's words; empty: a person's wish
  delivery_id INTEGER,        -- the delivery that was refused
  PRIMARY KEY(channel, address_key)
) STRICT, WITHOUT ROWID;

-- The feed for the host program's bell: the one table of the ledger that others read, and in which they set seen_at.
CREATE TABLE in_app_notifications(
  id              INTEGER PRIMARY KEY,
  account         TEXT NOT NULL DEFAULT '',
  recipient       TEXT NOT NULL,             -- agent:7 or contact:12
  kind            TEXT NOT NULL,             -- the rule's watch: assigned, handover, ..
  title           TEXT NOT NULL,
  body            TEXT NOT NULL,
  link            TEXT,
  conversation_id TEXT NOT NULL,
  sound           TEXT,                      -- NULL: none
  sound_repeats   INTEGER NOT NULL DEFAULT 0 CHECK(sound_repeats IN (0, 1)), -- until the conversation is opened
  delivery_id     INTEGER NOT NULL UNIQUE,
  created_at      INTEGER NOT NULL,
  seen_at         INTEGER                    -- set by the host program
) STRICT;
CREATE INDEX in_app_notifications_unseen ON in_app_notifications(recipient, created_at) WHERE seen_at IS NULL;
CREATE INDEX in_app_notifications_by_conversation ON in_app_notifications(conversation_id);
