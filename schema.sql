-- The desk schema of doorbell, for SQLite: people, conversations, and who has read what.
--
-- For the author of the chat program that writes here (with SQLite 3.37 or later, for STRICT)
--   * An id is an integer of your choice. A group's id is text that begins with its kind: 'team:7', 'inbox:3'.
--   * A time is Unix milliseconds, UTC. NULL means never or unknown. Seconds, microseconds and 0 are refused.
--   * A yes or no is 1 or 0. A vocabulary column takes the words of its CHECK, in lower case.
--   * People first: one row in `agents`, `groups`, `group_members`, `contacts`. Change rows when people change;
--     somebody who leaves gets active = 0 rather than a DELETE.
--   * A new chat: INSERT INTO conversations (id, number, contact_id, created_at); group and assignee when known.
--   * Every message, also notes, bot lines and system lines: INSERT INTO messages. An edit is an UPDATE of `body`;
--     a withdrawal is deleted = 1 or a DELETE. Order is (created_at, id), whatever the order of writing.
--   * Somebody looked at a chat: write `read_cursors` (INSERT .. ON CONFLICT DO UPDATE SET last_seen_at = ..).
--   * Somebody comes, goes or is active: write `presence` in the same way. No row means: nobody knows.
--   * Answered, put aside, taken over: UPDATE conversations SET status, assignee_id, group_id, bot_state.
--   * Never write the columns of `conversations` under "derived": triggers keep them right after every write above.
--     Their one definition is the view `conversations_derived`. Should they ever be in doubt (triggers were dropped
--     for a bulk import), this sets them all again:  UPDATE conversations_derived SET id = id;
--   * The remaining tables (devices, preferences, availability, desk_events, sla_deadlines) are optional: an empty
--     table switches its feature off.
-- doorbell reads these tables. It writes `read_cursors` if the setting desk.mark_read_after_email asks for it; and if
-- sms.replies does, it adds to `messages` what people text, sets contacts.sms_consent by their STOP and START, and opens
-- a conversation again in which its contact wrote. What it remembers itself stands in tables named doorbell_*.

PRAGMA encoding = 'UTF-8';

-- People ------------------------------------------------------------------------------------------------------------

-- Those who answer.
CREATE TABLE agents (
  id         INTEGER PRIMARY KEY,
  account_id INTEGER,                                        -- the organisation, on a desk that serves several
  name       TEXT NOT NULL,
  email      TEXT,
  phone      TEXT,                                           -- E.164: +441632960000
  avatar_url TEXT,
  role       TEXT NOT NULL DEFAULT 'agent' CHECK (role IN ('agent', 'supervisor', 'admin')),
  active     INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  locale     TEXT,
  time_zone  TEXT                                            -- IANA name: Europe/London
) STRICT;
CREATE INDEX agents_by_email ON agents (email COLLATE NOCASE) WHERE email IS NOT NULL;

-- Teams, departments, inboxes and mailboxes.
CREATE TABLE groups (
  id         TEXT PRIMARY KEY NOT NULL CHECK (id GLOB '[a-z]*:?*'),
  account_id INTEGER,
  name       TEXT NOT NULL,
  kind       TEXT NOT NULL DEFAULT 'team' CHECK (kind IN ('team', 'department', 'inbox', 'mailbox')),
  email      TEXT,
  time_zone  TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE group_members (
  group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  agent_id INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  role     TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'lead')),
  PRIMARY KEY (group_id, agent_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_by_agent ON group_members (agent_id);

-- Those who ask.
CREATE TABLE contacts (
  id             INTEGER PRIMARY KEY,
  account_id     INTEGER,
  name           TEXT,
  email          TEXT,
  phone          TEXT,
  avatar_url     TEXT,
  kind           TEXT NOT NULL DEFAULT 'contact' CHECK (kind IN ('contact', 'guest')), -- guest: a visitor of the web chat
  blocked        INTEGER NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1)),
  sms_consent    INTEGER CHECK (sms_consent IN (0, 1)),
  locale         TEXT,
  time_zone      TEXT,
  last_active_at INTEGER CHECK (last_active_at BETWEEN 100000000000 AND 9999999999999)
) STRICT;
CREATE INDEX contacts_by_email ON contacts (email COLLATE NOCASE) WHERE email IS NOT NULL;

-- Conversations -----------------------------------------------------------------------------------------------------

CREATE TABLE conversations (
  id            INTEGER PRIMARY KEY,
  account_id    INTEGER,
  number        TEXT,                                        -- what people call it by
  subject       TEXT,
  status        TEXT NOT NULL DEFAULT 'open'
                CHECK (status IN ('open', 'pending', 'snoozed', 'resolved')), -- pending: in a bot's hands
  priority      TEXT,
  assignee_id   INTEGER,                                     -- an agent; NULL = nobody yet
  group_id      TEXT,
  inbox_id      INTEGER,
  channel       TEXT,
  contact_id    INTEGER,
  created_at    INTEGER NOT NULL CHECK (created_at BETWEEN 100000000000 AND 9999999999999),
  snoozed_until INTEGER CHECK (snoozed_until BETWEEN 100000000000 AND 9999999999999),
  bot_state     TEXT NOT NULL DEFAULT 'none' CHECK (bot_state IN ('none', 'active', 'answered', 'handed_over')),
  -- derived: kept by the triggers below, never written by hand
  waiting_since         INTEGER, -- first contact message after the latest public reply
  unread_since          INTEGER, -- first contact message that the assignee has not read; unassigned: as waiting_since
  unseen_reply_at       INTEGER, -- latest public reply, while the contact has neither seen it nor written after it
  last_activity_at      INTEGER, -- latest message of any kind
  last_agent_id         INTEGER, -- who wrote the latest public reply
  first_reply_at        INTEGER, -- first public reply
  assignee_last_seen_at INTEGER, -- how far the assignee has read; their own public replies count
  agents_last_seen_at   INTEGER, -- latest look of any agent
  contact_last_seen_at  INTEGER  -- latest look of the contact
) STRICT;

-- What a pass starts from: as many entries as conversations that wait, however many there are in all.
CREATE INDEX conversations_waiting ON conversations (waiting_since)
  WHERE waiting_since IS NOT NULL AND status = 'open';
CREATE INDEX conversations_unread ON conversations (unread_since)
  WHERE unread_since IS NOT NULL AND status = 'open';
CREATE INDEX conversations_unseen ON conversations (unseen_reply_at) WHERE unseen_reply_at IS NOT NULL;
CREATE INDEX conversations_by_number ON conversations (number) WHERE number IS NOT NULL;

-- A public reply is a message with sender_type = 'agent' and private = 0 that is not deleted. Bots and the system
-- never reply; a note (private = 1) is not a reply. Drafts and messages that failed to go out do not belong here.
CREATE TABLE messages (
  id              INTEGER PRIMARY KEY,
  conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  sender_type     TEXT NOT NULL CHECK (sender_type IN ('contact', 'agent', 'bot', 'system')),
  sender_id       INTEGER,                                   -- contacts.id or agents.id, by sender_type
  private         INTEGER NOT NULL DEFAULT 0 CHECK (private IN (0, 1)),
  deleted         INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  body            TEXT,
  body_format     TEXT NOT NULL DEFAULT 'text' CHECK (body_format IN ('text', 'markdown', 'html', 'bbcode')),
  created_at      INTEGER NOT NULL CHECK (created_at BETWEEN 100000000000 AND 9999999999999),
  external_id     TEXT                                       -- of a message that doorbell took in: its id at the provider
) STRICT;
CREATE UNIQUE INDEX messages_from_outside ON messages (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX messages_in_order ON messages (conversation_id, created_at, id) WHERE deleted = 0;
CREATE INDEX messages_of_contact ON messages (conversation_id, created_at, id)
  WHERE sender_type = 'contact' AND deleted = 0;
CREATE INDEX messages_of_bot ON messages (conversation_id, created_at, id)
  WHERE sender_type = 'bot' AND private = 0 AND deleted = 0;
CREATE INDEX messages_replies ON messages (conversation_id, created_at, id)
  WHERE sender_type = 'agent' AND private = 0 AND deleted = 0;
CREATE INDEX messages_replies_by_agent ON messages (conversation_id, sender_id, created_at, id)
  WHERE sender_type = 'agent' AND private = 0 AND deleted = 0;

CREATE TABLE attachments (
  id           INTEGER PRIMARY KEY,
  message_id   INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  filename     TEXT,
  content_type TEXT,
  byte_size    INTEGER CHECK (byte_size >= 0),
  url          TEXT
) STRICT;
CREATE INDEX attachments_by_message ON attachments (message_id, id);

-- How far somebody has read a conversation: everything up to and including that instant.
CREATE TABLE read_cursors (
  conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  reader_type     TEXT NOT NULL CHECK (reader_type IN ('agent', 'contact')),
  reader_id       INTEGER NOT NULL,
  last_seen_at    INTEGER CHECK (last_seen_at BETWEEN 100000000000 AND 9999999999999), -- NULL = never
  PRIMARY KEY (conversation_id, reader_type, reader_id)
) STRICT, WITHOUT ROWID;

-- Where people are ---------------------------------------------------------------------------------------------------

-- One row per person and surface; a person without surfaces has one row.
CREATE TABLE presence (
  subject_type   TEXT NOT NULL CHECK (subject_type IN ('agent', 'contact')),
  subject_id     INTEGER NOT NULL,
  account_id     INTEGER,
  status         TEXT CHECK (status IN ('online', 'away', 'busy', 'offline')),
  surface        TEXT NOT NULL DEFAULT '',                   -- console, inbox, dashboard, conversation:ID
  last_active_at INTEGER CHECK (last_active_at BETWEEN 100000000000 AND 9999999999999),
  PRIMARY KEY (subject_type, subject_id, surface)
) STRICT, WITHOUT ROWID;

-- When somebody works, rests or is away. Times of day are written 09:00, days Mon-Fri or Mon,Wed.
CREATE TABLE availability (
  agent_id      INTEGER PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
  time_zone     TEXT,
  working_days  TEXT,
  working_from  TEXT CHECK (working_from GLOB '[0-2][0-9]:[0-5][0-9]'),
  working_until TEXT CHECK (working_until GLOB '[0-2][0-9]:[0-5][0-9]'),
  quiet_from    TEXT CHECK (quiet_from GLOB '[0-2][0-9]:[0-5][0-9]'),
  quiet_until   TEXT CHECK (quiet_until GLOB '[0-2][0-9]:[0-5][0-9]'),
  away_until    INTEGER CHECK (away_until BETWEEN 100000000000 AND 9999999999999),
  stand_in_id   INTEGER
) STRICT;

-- How people want to be told -------------------------------------------------------------------------------------------

-- Phones and browsers that can be pushed to.
CREATE TABLE devices (
  id         INTEGER PRIMARY KEY,
  owner_type TEXT NOT NULL CHECK (owner_type IN ('agent', 'contact')),
  owner_id   INTEGER NOT NULL,
  provider   TEXT NOT NULL CHECK (provider IN ('apns', 'fcm', 'webpush', 'onesignal', 'beams')),
  token      TEXT NOT NULL,
  p256dh     TEXT,
  auth       TEXT,
  platform   TEXT,
  app_id     TEXT
) STRICT;
CREATE INDEX devices_by_owner ON devices (owner_type, owner_id);

-- An agent's switches; no row means on. A row with a group mutes (or not) that group only.
CREATE TABLE preferences (
  account_id INTEGER,
  agent_id   INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  group_id   TEXT,
  event      TEXT NOT NULL,                                  -- the rule's watch: unread, unreplied, ..
  channel    TEXT NOT NULL CHECK (channel IN ('email', 'sms', 'push', 'desktop', 'in_app')),
  enabled    INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  scope      TEXT CHECK (scope IN ('all', 'mine')),
  unassigned INTEGER CHECK (unassigned IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX preferences_once ON preferences (agent_id, event, channel, coalesce(group_id, ''));

-- What happens -----------------------------------------------------------------------------------------------------------

-- Still in force: a withdrawn request is deleted.
CREATE TABLE desk_events (
  event_id        INTEGER PRIMARY KEY,
  conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  kind            TEXT NOT NULL
                  CHECK (kind IN ('assigned', 'transferred', 'invited', 'handover', 'assistance', 'cancelled')),
  at              INTEGER NOT NULL CHECK (at BETWEEN 100000000000 AND 9999999999999),
  actor_id        INTEGER,                                   -- the agent who did it
  target_id       INTEGER                                    -- the agent whom it concerns
) STRICT;
CREATE INDEX desk_events_by_kind ON desk_events (kind, at);
CREATE INDEX desk_events_by_conversation ON desk_events (conversation_id);

-- Unmet only: a target that was met is deleted.
CREATE TABLE sla_deadlines (
  conversation_id INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  metric          TEXT NOT NULL CHECK (metric IN ('first_response', 'next_response', 'resolution', 'queue_wait')),
  due_at          INTEGER NOT NULL CHECK (due_at BETWEEN 100000000000 AND 9999999999999),
  breached_at     INTEGER CHECK (breached_at BETWEEN 100000000000 AND 9999999999999),
  PRIMARY KEY (conversation_id, metric)
) STRICT, WITHOUT ROWID;
CREATE INDEX sla_deadlines_by_time ON sla_deadlines (due_at);

-- The derived columns ----------------------------------------------------------------------------------------------------

-- Computed from scratch, so that no order of writes can leave them wrong; each part is one look into one index, so that
-- a message costs the same in a chat of three and of three million. Places in the order are pairs (time, id);
-- (0, 0) is before everything, and a read cursor stands behind all messages of its instant.
CREATE VIEW conversations_derived AS
SELECT
  c.id AS id,
  ( SELECT m.created_at FROM messages m
    WHERE m.conversation_id = c.id AND m.sender_type = 'contact' AND m.deleted = 0
      AND (m.created_at, m.id) > (
        SELECT at, id FROM (
          SELECT * FROM (
            SELECT r.created_at AS at, r.id AS id FROM messages r
            WHERE r.conversation_id = c.id AND r.sender_type = 'agent' AND r.private = 0 AND r.deleted = 0
            ORDER BY r.created_at DESC, r.id DESC LIMIT 1)
          UNION ALL SELECT 0, 0)
        ORDER BY at DESC, id DESC LIMIT 1)
    ORDER BY m.created_at, m.id LIMIT 1
  ) AS waiting_since,
  ( SELECT m.created_at FROM messages m
    WHERE m.conversation_id = c.id AND m.sender_type = 'contact' AND m.deleted = 0
      AND (m.created_at, m.id) > (
        SELECT at, id FROM (
          SELECT * FROM (
            SELECT r.created_at AS at, r.id AS id FROM messages r
            WHERE c.assignee_id IS NULL
              AND r.conversation_id = c.id AND r.sender_type = 'agent' AND r.private = 0 AND r.deleted = 0
            ORDER BY r.created_at DESC, r.id DESC LIMIT 1)
          UNION ALL SELECT * FROM (
            SELECT r.created_at, r.id FROM messages r
            WHERE r.conversation_id = c.id AND r.sender_id = c.assignee_id
              AND r.sender_type = 'agent' AND r.private = 0 AND r.deleted = 0
            ORDER BY r.created_at DESC, r.id DESC LIMIT 1)
          UNION ALL
            SELECT k.last_seen_at, 9223372036854775807 FROM read_cursors k
            WHERE k.conversation_id = c.id AND k.reader_type = 'agent' AND k.reader_id = c.assignee_id
          UNION ALL SELECT 0, 0)
        ORDER BY at DESC, id DESC LIMIT 1)
    ORDER BY m.created_at, m.id LIMIT 1
  ) AS unread_since,
  ( SELECT r.created_at FROM messages r
    WHERE r.conversation_id = c.id AND r.sender_type = 'agent' AND r.private = 0 AND r.deleted = 0
      AND (r.created_at, r.id) > (
        SELECT at, id FROM (
          SELECT * FROM (
            SELECT m.created_at AS at, m.id AS id FROM messages m
            WHERE m.conversation_id = c.id AND m.sender_type = 'contact' AND m.deleted = 0
            ORDER BY m.created_at DESC, m.id DESC LIMIT 1)
          UNION ALL
            SELECT max(k.last_seen_at), 9223372036854775807 FROM read_cursors k
            WHERE k.conversation_id = c.id AND k.reader_type = 'contact'
          UNION ALL SELECT 0, 0)
        ORDER BY at DESC, id DESC LIMIT 1)
    ORDER BY r.created_at DESC, r.id DESC LIMIT 1
  ) AS unseen_reply_at,
  ( SELECT m.created_at FROM messages m
    WHERE m.conversation_id = c.id AND m.deleted = 0
    ORDER BY m.created_at DESC, m.id DESC LIMIT 1
  ) AS last_activity_at,
  ( SELECT r.sender_id FROM messages r
    WHERE r.conversation_id = c.id AND r.sender_type = 'agent' AND r.private = 0 AND r.deleted = 0
    ORDER BY r.created_at DESC, r.id DESC LIMIT 1
  ) AS last_agent_id,
  ( SELECT r.created_at FROM messages r
    WHERE r.conversation_id = c.id AND r.sender_type = 'agent' AND r.private = 0 AND r.deleted = 0
    ORDER BY r.created_at, r.id LIMIT 1
  ) AS first_reply_at,
  ( SELECT max(at) FROM (
      SELECT k.last_seen_at AS at FROM read_cursors k
      WHERE k.conversation_id = c.id AND k.reader_type = 'agent' AND k.reader_id = c.assignee_id
      UNION ALL SELECT * FROM (
        SELECT r.created_at FROM messages r
        WHERE r.conversation_id = c.id AND r.sender_id = c.assignee_id
          AND r.sender_type = 'agent' AND r.private = 0 AND r.deleted = 0
        ORDER BY r.created_at DESC LIMIT 1))
  ) AS assignee_last_seen_at,
  ( SELECT max(k.last_seen_at) FROM read_cursors k
    WHERE k.conversation_id = c.id AND k.reader_type = 'agent'
  ) AS agents_last_seen_at,
  ( SELECT max(k.last_seen_at) FROM read_cursors k
    WHERE k.conversation_id = c.id AND k.reader_type = 'contact'
  ) AS contact_last_seen_at
FROM conversations c;

-- To "update" the view is to write what it says into the table: every trigger below does just that.
CREATE TRIGGER conversations_derive INSTEAD OF UPDATE ON conversations_derived BEGIN
  UPDATE conversations SET
    waiting_since = OLD.waiting_since, unread_since = OLD.unread_since, unseen_reply_at = OLD.unseen_reply_at,
    last_activity_at = OLD.last_activity_at, last_agent_id = OLD.last_agent_id,
    first_reply_at = OLD.first_reply_at, assignee_last_seen_at = OLD.assignee_last_seen_at,
    agents_last_seen_at = OLD.agents_last_seen_at, contact_last_seen_at = OLD.contact_last_seen_at
  WHERE id = OLD.id;
END;

-- An edited body changes nothing here. An UPDATE that moves a message to another conversation sets both right.
CREATE TRIGGER messages_written AFTER INSERT ON messages BEGIN
  UPDATE conversations_derived SET id = id WHERE id = NEW.conversation_id;
END;

CREATE TRIGGER messages_changed AFTER UPDATE OF conversation_id, sender_type, sender_id, private, deleted, created_at ON messages BEGIN
  UPDATE conversations_derived SET id = id WHERE id IN (OLD.conversation_id, NEW.conversation_id);
END;

CREATE TRIGGER messages_removed AFTER DELETE ON messages BEGIN
  UPDATE conversations_derived SET id = id WHERE id = OLD.conversation_id;
END;

-- INSERT OR REPLACE and changed ids take a row away without a word to the triggers: the conversation it came from
-- would stay as it was.
CREATE TRIGGER messages_not_replaced BEFORE INSERT ON messages
WHEN EXISTS (SELECT 1 FROM messages m WHERE m.id = NEW.id AND m.conversation_id <> NEW.conversation_id) BEGIN
  SELECT RAISE(ABORT, 'this message id belongs to another conversation; move a message with UPDATE');
END;

CREATE TRIGGER messages_keep_their_id BEFORE UPDATE OF id ON messages WHEN NEW.id <> OLD.id BEGIN
  SELECT RAISE(ABORT, 'the id of a message does not change; delete the message and insert it again');
END;

CREATE TRIGGER read_cursors_written AFTER INSERT ON read_cursors BEGIN
  UPDATE conversations_derived SET id = id WHERE id = NEW.conversation_id;
END;

CREATE TRIGGER read_cursors_changed AFTER UPDATE ON read_cursors BEGIN
  UPDATE conversations_derived SET id = id WHERE id IN (OLD.conversation_id, NEW.conversation_id);
END;

CREATE TRIGGER read_cursors_removed AFTER DELETE ON read_cursors BEGIN
  UPDATE conversations_derived SET id = id WHERE id = OLD.conversation_id;
END;

-- Messages and cursors may be there first, when a dump is loaded in the order of table names.
CREATE TRIGGER conversations_written AFTER INSERT ON conversations BEGIN
  UPDATE conversations_derived SET id = id WHERE id = NEW.id;
END;

-- A change of status needs no trigger: the indexes above hold open conversations only.
CREATE TRIGGER conversations_changed AFTER UPDATE OF id, assignee_id ON conversations BEGIN
  UPDATE conversations_derived SET id = id WHERE id = NEW.id;
END;
