-- Chatwoot's tables as Chatwoot makes them (db/schema.rb, schema 2025_08_16_044639), as far as doorbell or an index
-- looks at them, and a desk to fill them with.
--
--   psql -v ON_ERROR_STOP=1 -v conversations=200000 -v waiting=3000 -f chatwoot.postgresql.sql
--
-- About ten messages a conversation. `waiting` of the conversations wait for an answer; a few thousand of the others are
-- open and answered, and hold what is easily mistaken: notes, bots, other agents' replies, deleted messages.

\if :{?conversations}
\else
  \set conversations 200000
\endif
\if :{?waiting}
\else
  \set waiting 3000
\endif

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE accounts (
  id serial PRIMARY KEY, name varchar NOT NULL, created_at timestamp NOT NULL, updated_at timestamp NOT NULL,
  locale integer DEFAULT 0, status integer DEFAULT 0);

CREATE TABLE users (
  id serial PRIMARY KEY, provider varchar NOT NULL DEFAULT 'email', uid varchar NOT NULL DEFAULT '',
  encrypted_password varchar NOT NULL DEFAULT '', reset_password_token varchar, sign_in_count integer NOT NULL DEFAULT 0,
  confirmed_at timestamp, name varchar NOT NULL, display_name varchar, email varchar, tokens json,
  created_at timestamp NOT NULL, updated_at timestamp NOT NULL, pubsub_token varchar, availability integer DEFAULT 0,
  ui_settings jsonb DEFAULT '{}', custom_attributes jsonb DEFAULT '{}', type varchar, message_signature text);

CREATE TABLE account_users (
  id bigserial PRIMARY KEY, account_id bigint, user_id bigint, role integer DEFAULT 0, inviter_id bigint,
  created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL, active_at timestamp,
  availability integer NOT NULL DEFAULT 0, auto_offline boolean NOT NULL DEFAULT true, custom_role_id bigint,
  agent_capacity_policy_id bigint);

CREATE TABLE teams (
  id bigserial PRIMARY KEY, name varchar NOT NULL, description text, allow_auto_assign boolean DEFAULT true,
  account_id bigint NOT NULL, created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);

CREATE TABLE team_members (
  id bigserial PRIMARY KEY, team_id bigint NOT NULL, user_id bigint NOT NULL,
  created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);

CREATE TABLE inboxes (
  id serial PRIMARY KEY, channel_id integer NOT NULL, account_id integer NOT NULL, name varchar NOT NULL,
  created_at timestamp NOT NULL, updated_at timestamp NOT NULL, channel_type varchar, email_address varchar,
  timezone varchar DEFAULT 'UTC', portal_id bigint);

CREATE TABLE inbox_members (
  id serial PRIMARY KEY, user_id integer NOT NULL, inbox_id integer NOT NULL,
  created_at timestamp NOT NULL, updated_at timestamp NOT NULL);

CREATE TABLE contacts (
  id serial PRIMARY KEY, name varchar DEFAULT '', email varchar, phone_number varchar, account_id integer NOT NULL,
  created_at timestamp NOT NULL, updated_at timestamp NOT NULL, additional_attributes jsonb DEFAULT '{}',
  identifier varchar, custom_attributes jsonb DEFAULT '{}', last_activity_at timestamp, contact_type integer DEFAULT 0,
  middle_name varchar DEFAULT '', last_name varchar DEFAULT '', location varchar DEFAULT '',
  country_code varchar DEFAULT '', blocked boolean NOT NULL DEFAULT false);

CREATE TABLE conversations (
  id serial PRIMARY KEY, account_id integer NOT NULL, inbox_id integer NOT NULL, status integer NOT NULL DEFAULT 0,
  assignee_id integer, created_at timestamp NOT NULL, updated_at timestamp NOT NULL, contact_id bigint,
  display_id integer NOT NULL, contact_last_seen_at timestamp, agent_last_seen_at timestamp,
  additional_attributes jsonb DEFAULT '{}', contact_inbox_id bigint, uuid uuid NOT NULL DEFAULT gen_random_uuid(),
  identifier varchar, last_activity_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, team_id bigint, campaign_id bigint,
  snoozed_until timestamp, custom_attributes jsonb DEFAULT '{}', assignee_last_seen_at timestamp,
  first_reply_created_at timestamp, priority integer, sla_policy_id bigint, waiting_since timestamp(6),
  cached_label_list text);

CREATE TABLE messages (
  id serial PRIMARY KEY, content text, account_id integer NOT NULL, inbox_id integer NOT NULL,
  conversation_id integer NOT NULL, message_type integer NOT NULL, created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL, private boolean NOT NULL DEFAULT false, status integer DEFAULT 0, source_id varchar,
  content_type integer NOT NULL DEFAULT 0, content_attributes json DEFAULT '{}', sender_type varchar, sender_id bigint,
  external_source_ids jsonb DEFAULT '{}', additional_attributes jsonb DEFAULT '{}', processed_message_content text,
  sentiment jsonb DEFAULT '{}');

CREATE TABLE attachments (
  id serial PRIMARY KEY, file_type integer DEFAULT 0, external_url varchar, coordinates_lat float DEFAULT 0.0,
  coordinates_long float DEFAULT 0.0, message_id integer NOT NULL, account_id integer NOT NULL,
  created_at timestamp NOT NULL, updated_at timestamp NOT NULL, fallback_title varchar, extension varchar,
  meta jsonb DEFAULT '{}');

CREATE TABLE active_storage_blobs (
  id bigserial PRIMARY KEY, key varchar NOT NULL, filename varchar NOT NULL, content_type varchar, metadata text,
  byte_size bigint NOT NULL, checksum varchar, created_at timestamp NOT NULL, service_name varchar NOT NULL);

CREATE TABLE active_storage_attachments (
  id bigserial PRIMARY KEY, name varchar NOT NULL, record_type varchar NOT NULL, record_id bigint NOT NULL,
  blob_id bigint NOT NULL REFERENCES active_storage_blobs, created_at timestamp NOT NULL);

CREATE TABLE notifications (
  id bigserial PRIMARY KEY, account_id bigint NOT NULL, user_id bigint NOT NULL, notification_type integer NOT NULL,
  primary_actor_type varchar NOT NULL, primary_actor_id bigint NOT NULL, secondary_actor_type varchar,
  secondary_actor_id bigint, read_at timestamp, created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL,
  snoozed_until timestamp(6), last_activity_at timestamp(6) DEFAULT CURRENT_TIMESTAMP, meta jsonb DEFAULT '{}');

CREATE TABLE notification_subscriptions (
  id bigserial PRIMARY KEY, user_id bigint NOT NULL, subscription_type integer NOT NULL,
  subscription_attributes jsonb NOT NULL DEFAULT '{}', created_at timestamp(6) NOT NULL,
  updated_at timestamp(6) NOT NULL, identifier text);

CREATE TABLE sla_policies (
  id bigserial PRIMARY KEY, name varchar NOT NULL, first_response_time_threshold float,
  next_response_time_threshold float, only_during_business_hours boolean DEFAULT false, account_id bigint NOT NULL,
  created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL, description varchar,
  resolution_time_threshold float);

CREATE TABLE applied_slas (
  id bigserial PRIMARY KEY, account_id bigint NOT NULL, sla_policy_id bigint NOT NULL, conversation_id bigint NOT NULL,
  created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL, sla_status integer DEFAULT 0);

CREATE TABLE sla_events (
  id bigserial PRIMARY KEY, applied_sla_id bigint NOT NULL, conversation_id bigint NOT NULL, account_id bigint NOT NULL,
  sla_policy_id bigint NOT NULL, inbox_id bigint NOT NULL, event_type integer, meta jsonb DEFAULT '{}',
  created_at timestamp(6) NOT NULL, updated_at timestamp(6) NOT NULL);

-- People: forty agents in four teams and four inboxes, the first of them an administrator.
INSERT INTO accounts (name, created_at, updated_at) VALUES ('Desk', now(), now());
INSERT INTO users (name, uid, email, pubsub_token, created_at, updated_at)
  SELECT 'Agent ' || n, 'a' || n, 'agent' || n || '@desk.example', 'token' || n, now(), now()
  FROM generate_series(1, 40) n;
INSERT INTO account_users (account_id, user_id, role, availability, auto_offline, created_at, updated_at)
  SELECT 1, n, (n = 1)::int, CASE WHEN n % 10 = 0 THEN 2 WHEN n % 10 = 5 THEN 1 ELSE 0 END, n % 4 <> 0, now(), now()
  FROM generate_series(1, 40) n;
INSERT INTO teams (name, account_id, created_at, updated_at)
  SELECT 'team ' || n, 1, now(), now() FROM generate_series(1, 4) n;
INSERT INTO team_members (team_id, user_id, created_at, updated_at)
  SELECT 1 + n % 4, n, now(), now() FROM generate_series(1, 40) n;
INSERT INTO inboxes (channel_id, account_id, name, channel_type, created_at, updated_at)
  SELECT n, 1, 'Inbox ' || n, CASE WHEN n = 1 THEN 'Channel::Email' ELSE 'Channel::WebWidget' END, now(), now()
  FROM generate_series(1, 4) n;
INSERT INTO inbox_members (user_id, inbox_id, created_at, updated_at)
  SELECT n, 1 + n % 4, now(), now() FROM generate_series(1, 40) n;
INSERT INTO notification_subscriptions (user_id, subscription_type, subscription_attributes, identifier, created_at, updated_at)
  SELECT n, 1, jsonb_build_object('endpoint', 'https://push.example/' || n, 'p256dh', 'key', 'auth', 'secret'), 'i' || n,
         now(), now()
  FROM generate_series(1, 40, 2) n;
INSERT INTO contacts (name, email, phone_number, account_id, contact_type, last_activity_at, created_at, updated_at)
  SELECT 'Contact ' || n, CASE WHEN n % 3 > 0 THEN 'contact' || n || '@mail.example' END, NULL, 1, (n % 3 > 0)::int,
         now(), now(), now()
  FROM generate_series(1, :conversations / 2) n;
INSERT INTO sla_policies (name, first_response_time_threshold, next_response_time_threshold, resolution_time_threshold,
                          account_id, created_at, updated_at)
  VALUES ('gold', 3600, 7200, 86400, 1, now(), now());

-- What becomes of each conversation, from its number alone: every run makes the same desk, only later.
--   case_: 0 to 9 of one that waits; 10 answered, 11 answered by somebody else and unread, 12 snoozed, 13 a bot's,
--   14 resolved on the contact's word, 15 answered by a bot, 16 resolved
CREATE TEMPORARY TABLE plan AS
SELECT i AS id, 3 + (i * 7919) % 15 AS n, 1 + (i * 31) % 40 AS agent,
       CASE WHEN waits THEN (i / (:conversations / :waiting)) % 10
            ELSE CASE (i * 13) % 100 WHEN 0 THEN 10 WHEN 1 THEN 10 WHEN 2 THEN 11 WHEN 3 THEN 12 WHEN 4 THEN 13
                                     WHEN 5 THEN 14 WHEN 6 THEN 15 ELSE 16 END END AS case_,
       waits,
       date_trunc('second', now() AT TIME ZONE 'UTC')
         - CASE WHEN waits OR (i * 13) % 100 < 3 THEN interval '1 minute' * (30 + (i * 17) % 6000)
                ELSE interval '365 days' * (1 - i::float / :conversations) + interval '1 hour' END AS start
FROM (SELECT i, i % (:conversations / :waiting) = 0 AND i / (:conversations / :waiting) <= :waiting AS waits
      FROM generate_series(1, :conversations) i) numbered;

-- who: contact, agent, other (another agent), note, bot, activity, gone (a deleted message of the contact)
INSERT INTO messages (content, account_id, inbox_id, conversation_id, message_type, created_at, updated_at, private,
                      content_attributes, sender_type, sender_id)
SELECT CASE WHEN who = 'gone' THEN 'This message was deleted' ELSE 'Message ' || j || ' of ' || id END,
       1, 1 + id % 4, id,
       CASE who WHEN 'contact' THEN 0 WHEN 'gone' THEN 0 WHEN 'activity' THEN 2 ELSE 1 END,
       at, at, who = 'note',
       -- Rails stores this column as an object or, by way of `store`, as a text that holds one
       CASE WHEN who <> 'gone' THEN '{}'::json WHEN id % 2 = 0 THEN '{"deleted":true}'::json
            ELSE to_json('{"deleted":true}'::text) END,
       CASE who WHEN 'contact' THEN 'Contact' WHEN 'gone' THEN 'Contact' WHEN 'bot' THEN 'AgentBot'
                WHEN 'activity' THEN NULL ELSE 'User' END,
       CASE who WHEN 'contact' THEN 1 + id % (:conversations / 2) WHEN 'gone' THEN 1 + id % (:conversations / 2)
                WHEN 'bot' THEN 1 WHEN 'activity' THEN NULL WHEN 'other' THEN 1 + agent % 40 ELSE agent END
FROM (
  SELECT p.id, p.agent, j, p.start + interval '1 second' * (j * 45 + (p.id + j * 7) % 40) AS at,
    CASE
      WHEN p.waits AND j = p.n AND p.case_ = 3 THEN 'note'
      WHEN p.waits AND j = p.n AND p.case_ = 5 THEN 'activity'
      WHEN p.waits AND j = p.n AND p.case_ = 6 THEN 'gone'
      WHEN p.waits AND j >= p.n - 1 - p.case_ % 2 THEN 'contact'
      WHEN p.case_ IN (10, 12, 16) AND j = p.n THEN 'agent'
      WHEN p.case_ = 11 AND j = p.n THEN 'other'
      WHEN p.case_ = 11 AND j = p.n - 1 THEN 'contact'
      WHEN p.case_ = 14 AND j = p.n THEN 'contact'
      WHEN p.case_ IN (13, 15) AND j = p.n THEN 'bot'
      WHEN p.case_ IN (13, 15) AND j = p.n - 1 THEN 'contact'
      WHEN j = 1 THEN 'contact'
      ELSE (ARRAY['contact', 'contact', 'contact', 'contact', 'agent', 'agent', 'agent', 'other', 'note', 'bot',
                  'activity', 'gone'])[1 + (p.id + j * j * 7) % 12]
    END AS who
  FROM plan p CROSS JOIN LATERAL generate_series(1, p.n) j
) written
ORDER BY at;

-- The columns of a conversation, as Chatwoot keeps them message by message.
INSERT INTO conversations (id, account_id, inbox_id, status, assignee_id, created_at, updated_at, contact_id, display_id,
                           contact_last_seen_at, agent_last_seen_at, last_activity_at, team_id, snoozed_until,
                           assignee_last_seen_at, first_reply_created_at, sla_policy_id, waiting_since)
SELECT p.id, 1, 1 + p.id % 4,
       CASE WHEN p.waits OR p.case_ IN (10, 11, 15) THEN 0 WHEN p.case_ = 12 THEN 3 WHEN p.case_ = 13 THEN 2 ELSE 1 END,
       CASE WHEN p.case_ NOT IN (8, 9, 15) THEN p.agent END,
       m.first_at, m.last_at, 1 + p.id % (:conversations / 2), p.id,
       CASE WHEN p.id % 7 = 0 THEN m.last_answer - interval '1 second' ELSE m.last_at END,
       m.last_at, m.last_at,
       CASE WHEN p.case_ <> 9 AND p.id % 3 = 0 THEN 1 + p.id % 4 END,
       CASE WHEN p.case_ = 12 THEN now() AT TIME ZONE 'UTC' + interval '1 day' END,
       CASE
         WHEN p.case_ IN (2, 8, 9) THEN NULL
         WHEN p.case_ IN (1, 7) THEN m.last_contact
         WHEN p.waits AND p.case_ = 4 THEN m.last_contact - interval '1 second'
         WHEN p.waits THEN m.last_answer
         WHEN p.case_ = 11 THEN m.last_contact - interval '1 second'
         ELSE m.last_at
       END,
       m.first_reply,
       CASE WHEN p.id % 10 = 0 THEN 1 END,
       -- releases before 2025 leave it as it was when a conversation is resolved
       CASE WHEN p.case_ <> 14 OR p.id % 2 = 0 THEN m.waiting_since END
FROM plan p
JOIN (
  SELECT conversation_id, min(created_at) AS first_at, max(created_at) AS last_at,
         max(created_at) FILTER (WHERE message_type = 0) AS last_contact,
         min(created_at) FILTER (WHERE human) AS first_reply, max(answered_at) AS last_answer,
         min(created_at) FILTER (WHERE message_type = 0 AND (answered_at IS NULL OR created_at > answered_at))
           AS waiting_since
  FROM (
    SELECT conversation_id, created_at, message_type,
           message_type = 1 AND NOT private AND sender_type = 'User' AS human,
           max(created_at) FILTER (WHERE message_type = 1 AND NOT private) OVER (PARTITION BY conversation_id) AS answered_at
    FROM messages) marked
  GROUP BY conversation_id) m ON m.conversation_id = p.id;

SELECT setval('conversations_id_seq', :conversations);

INSERT INTO applied_slas (account_id, sla_policy_id, conversation_id, sla_status, created_at, updated_at)
  SELECT 1, 1, id, CASE WHEN status = 1 THEN 1 + id % 2 ELSE 0 END, created_at, created_at
  FROM conversations WHERE sla_policy_id IS NOT NULL;
INSERT INTO notifications (account_id, user_id, notification_type, primary_actor_type, primary_actor_id,
                           secondary_actor_type, secondary_actor_id, read_at, created_at, updated_at, last_activity_at)
  SELECT 1, assignee_id, 2, 'Conversation', id, 'User', 1, CASE WHEN id % 2 = 0 THEN last_activity_at END, created_at,
         created_at, created_at
  FROM conversations WHERE assignee_id IS NOT NULL;
INSERT INTO attachments (external_url, message_id, account_id, created_at, updated_at)
  SELECT NULL, id, 1, created_at, created_at FROM messages WHERE id % 50 = 0;
INSERT INTO active_storage_blobs (key, filename, content_type, byte_size, created_at, service_name)
  SELECT 'blob' || id, 'picture ' || id || '.png', 'image/png', 1000 + id, created_at, 'local' FROM attachments;
INSERT INTO active_storage_attachments (name, record_type, record_id, blob_id, created_at)
  SELECT 'file', 'Attachment', id, id, created_at FROM attachments;

CREATE UNIQUE INDEX index_users_on_pubsub_token ON users (pubsub_token);
CREATE UNIQUE INDEX index_users_on_uid_and_provider ON users (uid, provider);
CREATE UNIQUE INDEX index_users_on_reset_password_token ON users (reset_password_token);
CREATE INDEX index_users_on_email ON users (email);
CREATE UNIQUE INDEX uniq_user_id_per_account_id ON account_users (account_id, user_id);
CREATE INDEX index_account_users_on_account_id ON account_users (account_id);
CREATE INDEX index_account_users_on_custom_role_id ON account_users (custom_role_id);
CREATE INDEX index_account_users_on_agent_capacity_policy_id ON account_users (agent_capacity_policy_id);
CREATE INDEX index_account_users_on_user_id ON account_users (user_id);
CREATE INDEX index_teams_on_account_id ON teams (account_id);
CREATE UNIQUE INDEX index_teams_on_name_and_account_id ON teams (name, account_id);
CREATE UNIQUE INDEX index_team_members_on_team_id_and_user_id ON team_members (team_id, user_id);
CREATE INDEX index_team_members_on_team_id ON team_members (team_id);
CREATE INDEX index_team_members_on_user_id ON team_members (user_id);
CREATE INDEX index_inboxes_on_account_id ON inboxes (account_id);
CREATE INDEX index_inboxes_on_channel_id_and_channel_type ON inboxes (channel_id, channel_type);
CREATE UNIQUE INDEX index_inbox_members_on_inbox_id_and_user_id ON inbox_members (inbox_id, user_id);
CREATE INDEX index_inbox_members_on_inbox_id ON inbox_members (inbox_id);
CREATE INDEX index_contacts_on_lower_email_account_id ON contacts (lower(email), account_id);
CREATE INDEX index_contacts_on_account_id_and_contact_type ON contacts (account_id, contact_type);
CREATE INDEX index_contacts_on_account_id_and_last_activity_at ON contacts (account_id, last_activity_at DESC NULLS LAST);
CREATE INDEX index_contacts_on_account_id ON contacts (account_id);
CREATE INDEX index_contacts_on_blocked ON contacts (blocked);
CREATE UNIQUE INDEX uniq_email_per_account_contact ON contacts (email, account_id);
CREATE UNIQUE INDEX uniq_identifier_per_account_contact ON contacts (identifier, account_id);
CREATE INDEX index_contacts_on_nonempty_fields ON contacts (account_id, email, phone_number, identifier)
  WHERE email <> '' OR phone_number <> '' OR identifier <> '';
CREATE INDEX index_resolved_contact_account_id ON contacts (account_id)
  WHERE email <> '' OR phone_number <> '' OR identifier <> '';
CREATE INDEX index_contacts_on_name_email_phone_number_identifier ON contacts
  USING gin (name gin_trgm_ops, email gin_trgm_ops, phone_number gin_trgm_ops, identifier gin_trgm_ops);
CREATE INDEX index_contacts_on_phone_number_and_account_id ON contacts (phone_number, account_id);
CREATE UNIQUE INDEX index_conversations_on_account_id_and_display_id ON conversations (account_id, display_id);
CREATE INDEX index_conversations_on_id_and_account_id ON conversations (account_id, id);
CREATE INDEX conv_acid_inbid_stat_asgnid_idx ON conversations (account_id, inbox_id, status, assignee_id);
CREATE INDEX index_conversations_on_account_id ON conversations (account_id);
CREATE INDEX index_conversations_on_assignee_id_and_account_id ON conversations (assignee_id, account_id);
CREATE INDEX index_conversations_on_campaign_id ON conversations (campaign_id);
CREATE INDEX index_conversations_on_contact_id ON conversations (contact_id);
CREATE INDEX index_conversations_on_contact_inbox_id ON conversations (contact_inbox_id);
CREATE INDEX index_conversations_on_first_reply_created_at ON conversations (first_reply_created_at);
CREATE INDEX index_conversations_on_inbox_id ON conversations (inbox_id);
CREATE INDEX index_conversations_on_priority ON conversations (priority);
CREATE INDEX index_conversations_on_status_and_account_id ON conversations (status, account_id);
CREATE INDEX index_conversations_on_status_and_priority ON conversations (status, priority);
CREATE INDEX index_conversations_on_team_id ON conversations (team_id);
CREATE UNIQUE INDEX index_conversations_on_uuid ON conversations (uuid);
CREATE INDEX index_conversations_on_waiting_since ON conversations (waiting_since);
CREATE INDEX index_messages_on_additional_attributes_campaign_id ON messages USING gin ((additional_attributes -> 'campaign_id'));
CREATE INDEX idx_messages_account_content_created ON messages (account_id, content_type, created_at);
CREATE INDEX index_messages_on_account_created_type ON messages (account_id, created_at, message_type);
CREATE INDEX index_messages_on_account_id_and_inbox_id ON messages (account_id, inbox_id);
CREATE INDEX index_messages_on_account_id ON messages (account_id);
CREATE INDEX index_messages_on_content ON messages USING gin (content gin_trgm_ops);
CREATE INDEX index_messages_on_conversation_account_type_created ON messages (conversation_id, account_id, message_type, created_at);
CREATE INDEX index_messages_on_conversation_id ON messages (conversation_id);
CREATE INDEX index_messages_on_created_at ON messages (created_at);
CREATE INDEX index_messages_on_inbox_id ON messages (inbox_id);
CREATE INDEX index_messages_on_sender_type_and_sender_id ON messages (sender_type, sender_id);
CREATE INDEX index_messages_on_source_id ON messages (source_id);
CREATE INDEX index_attachments_on_account_id ON attachments (account_id);
CREATE INDEX index_attachments_on_message_id ON attachments (message_id);
CREATE UNIQUE INDEX index_active_storage_blobs_on_key ON active_storage_blobs (key);
CREATE INDEX index_active_storage_attachments_on_blob_id ON active_storage_attachments (blob_id);
CREATE UNIQUE INDEX index_active_storage_attachments_uniqueness ON active_storage_attachments (record_type, record_id, name, blob_id);
CREATE INDEX index_notifications_on_account_id ON notifications (account_id);
CREATE INDEX index_notifications_on_last_activity_at ON notifications (last_activity_at);
CREATE INDEX uniq_primary_actor_per_account_notifications ON notifications (primary_actor_type, primary_actor_id);
CREATE INDEX uniq_secondary_actor_per_account_notifications ON notifications (secondary_actor_type, secondary_actor_id);
CREATE INDEX idx_notifications_performance ON notifications (user_id, account_id, snoozed_until, read_at);
CREATE INDEX index_notifications_on_user_id ON notifications (user_id);
CREATE UNIQUE INDEX index_notification_subscriptions_on_identifier ON notification_subscriptions (identifier);
CREATE INDEX index_notification_subscriptions_on_user_id ON notification_subscriptions (user_id);
CREATE UNIQUE INDEX index_applied_slas_on_account_sla_policy_conversation ON applied_slas (account_id, sla_policy_id, conversation_id);
CREATE INDEX index_applied_slas_on_account_id ON applied_slas (account_id);
CREATE INDEX index_applied_slas_on_conversation_id ON applied_slas (conversation_id);
CREATE INDEX index_applied_slas_on_sla_policy_id ON applied_slas (sla_policy_id);
CREATE INDEX index_sla_events_on_applied_sla_id ON sla_events (applied_sla_id);
CREATE INDEX index_sla_events_on_conversation_id ON sla_events (conversation_id);
CREATE INDEX index_sla_events_on_account_id ON sla_events (account_id);
CREATE INDEX index_sla_events_on_inbox_id ON sla_events (inbox_id);
CREATE INDEX index_sla_events_on_sla_policy_id ON sla_events (sla_policy_id);
CREATE INDEX index_inboxes_on_portal_id ON inboxes (portal_id);
CREATE INDEX index_sla_policies_on_account_id ON sla_policies (account_id);

VACUUM ANALYZE;
