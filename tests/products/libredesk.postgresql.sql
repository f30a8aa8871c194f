-- Libredesk's tables as Libredesk makes them (schema.sql, release 2.7.0), as far as doorbell or an index looks at them,
-- and a desk to fill them with.
--
--   psql -v ON_ERROR_STOP=1 -v conversations=200000 -v waiting=3000 -f libredesk.postgresql.sql
--
-- About ten messages a conversation. `waiting` of the conversations wait for an answer; a few thousand of the others are
-- open and answered, and hold what is easily mistaken: notes, failed and automatic replies, other agents' replies.

\if :{?conversations}
\else
  \set conversations 200000
\endif
\if :{?waiting}
\else
  \set waiting 3000
\endif

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TYPE channels AS ENUM ('email', 'livechat');
CREATE TYPE message_type AS ENUM ('incoming', 'outgoing', 'activity');
CREATE TYPE message_sender_type AS ENUM ('agent', 'contact');
CREATE TYPE message_status AS ENUM ('received', 'sent', 'failed', 'pending');
CREATE TYPE content_type AS ENUM ('text', 'html');
CREATE TYPE conversation_assignment_type AS ENUM ('Round robin', 'Manual');
CREATE TYPE user_type AS ENUM ('agent', 'contact', 'visitor', 'ai_assistant');
CREATE TYPE media_disposition AS ENUM ('inline', 'attachment');
CREATE TYPE media_store AS ENUM ('s3', 'fs');
CREATE TYPE user_availability_status AS ENUM ('online', 'away', 'away_manual', 'offline', 'away_and_reassigning');
CREATE TYPE applied_sla_status AS ENUM ('pending', 'breached', 'met', 'partially_met');
CREATE TYPE sla_event_status AS ENUM ('pending', 'breached', 'met');
CREATE TYPE sla_metric AS ENUM ('first_response', 'resolution', 'next_response');
CREATE TYPE conversation_status_category AS ENUM ('open', 'waiting', 'resolved');

CREATE SEQUENCE conversation_reference_number_sequence START 100;

CREATE TABLE sla_policies (
  id serial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(), name text NOT NULL,
  description text, first_response_time text NOT NULL, resolution_time text NOT NULL, next_response_time text,
  notifications jsonb NOT NULL DEFAULT '[]');

CREATE TABLE inboxes (
  id serial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
  uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(), name text NOT NULL, deleted_at timestamptz,
  channel channels NOT NULL, enabled bool NOT NULL DEFAULT true, csat_enabled bool NOT NULL DEFAULT false,
  prompt_tags_on_reply bool NOT NULL DEFAULT false, config jsonb NOT NULL DEFAULT '{}', "from" text,
  from_name_template text NOT NULL DEFAULT '', secret text, linked_email_inbox_id int REFERENCES inboxes ON DELETE SET NULL);

CREATE TABLE teams (
  id serial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
  name text NOT NULL CONSTRAINT constraint_teams_on_name_unique UNIQUE, emoji text,
  conversation_assignment_type conversation_assignment_type NOT NULL,
  max_auto_assigned_conversations int NOT NULL DEFAULT 0, business_hours_id int,
  sla_policy_id int REFERENCES sla_policies ON DELETE SET NULL ON UPDATE CASCADE, timezone text);

CREATE TABLE roles (
  id serial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
  permissions text[] NOT NULL DEFAULT '{}', name text UNIQUE NOT NULL, description text);

CREATE TABLE users (
  id bigserial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
  type user_type NOT NULL, deleted_at timestamptz, enabled bool NOT NULL DEFAULT true, email text,
  first_name text NOT NULL, last_name text, phone_number_country_code text, phone_number text, country text,
  password varchar(150), avatar_url text, custom_attributes jsonb NOT NULL DEFAULT '{}', external_user_id text,
  reset_password_token text, reset_password_token_expiry timestamptz,
  availability_status user_availability_status NOT NULL DEFAULT 'offline', last_active_at timestamptz,
  last_login_at timestamptz, api_key text, api_secret text, api_key_last_used_at timestamptz);

CREATE TABLE user_roles (
  id serial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
  user_id int NOT NULL REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE,
  role_id int NOT NULL REFERENCES roles ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT constraint_user_roles_on_user_id_and_role_id_unique UNIQUE (user_id, role_id));

CREATE TABLE conversation_statuses (
  id serial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
  name text NOT NULL UNIQUE, category conversation_status_category NOT NULL DEFAULT 'open');

CREATE TABLE conversation_priorities (
  id serial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
  name text NOT NULL UNIQUE);

CREATE TABLE conversations (
  id bigserial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
  uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
  reference_number text NOT NULL UNIQUE DEFAULT nextval('conversation_reference_number_sequence')::text,
  contact_id bigint NOT NULL, assigned_user_id bigint, assigned_team_id int, sla_policy_id int, inbox_id int NOT NULL,
  status_id int NOT NULL, priority_id int, meta jsonb NOT NULL DEFAULT '{}',
  custom_attributes jsonb NOT NULL DEFAULT '{}', contact_last_seen_at timestamptz DEFAULT now(),
  first_reply_at timestamptz, last_reply_at timestamptz, closed_at timestamptz, resolved_at timestamptz, subject text,
  waiting_since timestamptz, last_message_at timestamptz, last_message text, last_message_sender message_sender_type,
  last_message_sender_id bigint, last_interaction text, last_interaction_sender message_sender_type,
  last_interaction_sender_id bigint, last_interaction_at timestamptz, next_sla_deadline_at timestamptz,
  snoozed_until timestamptz, last_continuity_email_sent_at timestamptz);

CREATE TABLE conversation_messages (
  id bigserial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
  uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(), type message_type NOT NULL, status message_status NOT NULL,
  private bool NOT NULL DEFAULT false, conversation_id bigint NOT NULL, content_type content_type, content text,
  text_content text, source_id text, sender_id bigint NOT NULL, sender_type message_sender_type NOT NULL,
  meta jsonb DEFAULT '{}');

CREATE TABLE conversation_last_seen (
  id bigserial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
  user_id bigint NOT NULL, conversation_id bigint NOT NULL, last_seen_at timestamptz NOT NULL DEFAULT now());

CREATE TABLE media (
  id serial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
  uuid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(), store media_store NOT NULL, filename text NOT NULL,
  content_type text NOT NULL, content_id text, model_id int, model_type text, disposition media_disposition, size int,
  meta jsonb NOT NULL DEFAULT '{}');

CREATE TABLE team_members (
  id serial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
  team_id bigint NOT NULL REFERENCES teams ON DELETE CASCADE ON UPDATE CASCADE,
  user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE, emoji text);

CREATE TABLE applied_slas (
  id bigserial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
  status applied_sla_status NOT NULL DEFAULT 'pending', conversation_id bigint NOT NULL, sla_policy_id int NOT NULL,
  first_response_deadline_at timestamptz, resolution_deadline_at timestamptz, first_response_breached_at timestamptz,
  resolution_breached_at timestamptz, first_response_met_at timestamptz, resolution_met_at timestamptz);

CREATE TABLE sla_events (
  id bigserial PRIMARY KEY, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
  status sla_event_status NOT NULL DEFAULT 'pending', applied_sla_id bigint NOT NULL, sla_policy_id int NOT NULL,
  type sla_metric NOT NULL, deadline_at timestamptz NOT NULL, met_at timestamptz, breached_at timestamptz);

CREATE TABLE ai_assistants (
  id serial PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
  user_id bigint NOT NULL UNIQUE REFERENCES users ON DELETE CASCADE, fallback_team_id int,
  handoff_enabled boolean NOT NULL DEFAULT true, enabled boolean NOT NULL DEFAULT true);

CREATE TABLE ai_agent_events (
  id bigserial PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now(),
  assistant_id int NOT NULL REFERENCES ai_assistants ON DELETE CASCADE, conversation_id bigint NOT NULL,
  type text NOT NULL CONSTRAINT constraint_ai_agent_events_on_type CHECK (type IN ('handoff', 'resolve')));

INSERT INTO conversation_statuses (name, category)
  VALUES ('Open', 'open'), ('Snoozed', 'waiting'), ('Resolved', 'resolved'), ('Closed', 'resolved');
INSERT INTO conversation_priorities (name) VALUES ('Low'), ('Medium'), ('High');
INSERT INTO roles (name) VALUES ('Agent'), ('Admin');
INSERT INTO sla_policies (name, first_response_time, resolution_time) VALUES ('gold', '1h', '24h');
INSERT INTO inboxes (name, channel, "from") VALUES ('Mail', 'email', 'Desk <desk@desk.example>'), ('Chat', 'livechat', NULL);

-- User 1 is the system, 2 to 41 are agents, 42 an AI assistant; contacts follow.
INSERT INTO users (type, email, first_name) VALUES ('agent', 'System', 'System');
INSERT INTO users (type, email, first_name, last_name, availability_status, last_active_at, phone_number_country_code,
                   phone_number)
  SELECT 'agent', 'agent' || n || '@desk.example', 'Agent', n::text,
         CASE WHEN n % 3 = 0 THEN 'online' ELSE 'offline' END::user_availability_status, now() - n * interval '1 hour',
         CASE WHEN n % 2 = 0 THEN '+44' END, CASE WHEN n % 2 = 0 THEN '07700 9000' || n END
  FROM generate_series(1, 40) n;
INSERT INTO users (type, first_name) VALUES ('ai_assistant', 'Robot');
INSERT INTO ai_assistants (user_id) VALUES (42);
INSERT INTO user_roles (user_id, role_id) SELECT n, CASE WHEN n = 2 THEN 2 ELSE 1 END FROM generate_series(2, 41) n;
INSERT INTO users (type, email, first_name, last_name)
  SELECT CASE WHEN n % 3 = 0 THEN 'visitor' ELSE 'contact' END::user_type,
         CASE WHEN n % 3 > 0 THEN 'contact' || n || '@mail.example' END, 'Contact', n::text
  FROM generate_series(1, :conversations / 2) n;
INSERT INTO teams (name, conversation_assignment_type, timezone)
  SELECT 'team ' || n, 'Manual', 'Europe/London' FROM generate_series(1, 4) n;
INSERT INTO team_members (team_id, user_id) SELECT 1 + n % 4, n FROM generate_series(2, 41) n;

-- What becomes of each conversation, from its number alone: every run makes the same desk, only later.
--   case_: 0 to 9 of one that waits; 10 answered, 11 answered by somebody else and unread, 12 snoozed, 13 held by the
--   AI assistant, 14 resolved on the contact's word, 15 answered by the AI assistant, 16 resolved
CREATE TEMPORARY TABLE plan AS
SELECT i AS id, 3 + (i * 7919) % 15 AS n, 2 + (i * 31) % 40 AS agent,
       CASE WHEN waits THEN (i / (:conversations / :waiting)) % 10
            ELSE CASE (i * 13) % 100 WHEN 0 THEN 10 WHEN 1 THEN 10 WHEN 2 THEN 11 WHEN 3 THEN 12 WHEN 4 THEN 13
                                     WHEN 5 THEN 14 WHEN 6 THEN 15 ELSE 16 END END AS case_,
       waits,
       date_trunc('second', now())
         - CASE WHEN waits OR (i * 13) % 100 < 3 THEN interval '1 minute' * (30 + (i * 17) % 6000)
                ELSE interval '365 days' * (1 - i::float / :conversations) + interval '1 hour' END AS start
FROM (SELECT i, i % (:conversations / :waiting) = 0 AND i / (:conversations / :waiting) <= :waiting AS waits
      FROM generate_series(1, :conversations) i) numbered;

-- who: contact, agent, other (another agent), note, bot, activity, failed (a reply that did not leave), auto (a reply
-- by the system)
INSERT INTO conversation_messages (created_at, updated_at, type, status, private, conversation_id, content_type, content,
                                   text_content, sender_id, sender_type)
SELECT at, at,
       (CASE who WHEN 'contact' THEN 'incoming' WHEN 'activity' THEN 'activity' ELSE 'outgoing' END)::message_type,
       (CASE who WHEN 'contact' THEN 'received' WHEN 'failed' THEN 'failed' ELSE 'sent' END)::message_status,
       who = 'note', id, 'html', '<p>Message ' || j || ' of ' || id || '</p>', 'Message ' || j || ' of ' || id,
       CASE who WHEN 'contact' THEN 43 + id % (:conversations / 2) WHEN 'auto' THEN 1 WHEN 'activity' THEN 1
                WHEN 'bot' THEN 42 WHEN 'other' THEN 2 + (agent - 1) % 40 ELSE agent END,
       (CASE who WHEN 'contact' THEN 'contact' ELSE 'agent' END)::message_sender_type
FROM (
  SELECT p.id, p.agent, j, p.start + interval '1 second' * (j * 45 + (p.id + j * 7) % 40) AS at,
    CASE
      WHEN p.waits AND j = p.n AND p.case_ = 3 THEN 'note'
      WHEN p.waits AND j = p.n AND p.case_ = 5 THEN 'activity'
      WHEN p.waits AND j = p.n AND p.case_ = 6 THEN 'failed'
      WHEN p.waits AND j = p.n AND p.case_ = 7 THEN 'auto'
      WHEN p.waits AND j >= p.n - 1 - p.case_ % 2 THEN 'contact'
      WHEN p.case_ IN (10, 12, 16) AND j = p.n THEN 'agent'
      WHEN p.case_ = 11 AND j = p.n THEN 'other'
      WHEN p.case_ = 11 AND j = p.n - 1 THEN 'contact'
      WHEN p.case_ = 14 AND j = p.n THEN 'contact'
      WHEN p.case_ IN (13, 15) AND j = p.n THEN 'bot'
      WHEN p.case_ IN (13, 15) AND j = p.n - 1 THEN 'contact'
      WHEN j = 1 THEN 'contact'
      ELSE (ARRAY['contact', 'contact', 'contact', 'contact', 'agent', 'agent', 'agent', 'other', 'note', 'bot',
                  'activity', 'failed', 'auto'])[1 + (p.id + j * j * 7) % 13]
    END AS who
  FROM plan p CROSS JOIN LATERAL generate_series(1, p.n) j
) written
ORDER BY at;

-- The columns of a conversation, as Libredesk keeps them message by message: waiting_since moves with each message of
-- the contact, and a reply clears it once it has left.
INSERT INTO conversations (id, created_at, contact_id, assigned_user_id, assigned_team_id, sla_policy_id, inbox_id,
                           status_id, contact_last_seen_at, first_reply_at, last_reply_at, resolved_at, subject,
                           waiting_since, last_message_at, last_interaction_at, snoozed_until)
SELECT p.id, m.first_at, 43 + p.id % (:conversations / 2),
       CASE WHEN p.case_ = 13 THEN 42 WHEN p.case_ NOT IN (8, 9, 15) THEN p.agent END,
       CASE WHEN p.case_ <> 9 AND p.id % 3 = 0 THEN 1 + p.id % 4 END,
       CASE WHEN p.id % 10 = 0 THEN 1 END, 1 + p.id % 2,
       CASE WHEN p.waits OR p.case_ IN (10, 11, 13, 15) THEN 1 WHEN p.case_ = 12 THEN 2 ELSE 3 END,
       CASE WHEN p.id % 7 = 1 THEN m.last_reply - interval '1 second' ELSE m.last_at END,
       m.first_reply, m.last_reply, CASE WHEN p.case_ IN (14, 16) THEN m.last_at END, 'About ' || p.id,
       CASE WHEN m.last_reply IS NULL OR m.last_contact > m.last_reply THEN m.last_contact END,
       m.last_at, m.last_interaction, CASE WHEN p.case_ = 12 THEN now() + interval '1 day' END
FROM plan p
JOIN (
  SELECT conversation_id, min(created_at) AS first_at, max(created_at) AS last_at,
         max(created_at) FILTER (WHERE type <> 'activity' AND NOT private) AS last_interaction,
         max(created_at) FILTER (WHERE type = 'incoming') AS last_contact,
         min(created_at) FILTER (WHERE type = 'outgoing' AND NOT private AND status = 'sent' AND sender_id <> 1) AS first_reply,
         max(created_at) FILTER (WHERE type = 'outgoing' AND NOT private AND status = 'sent' AND sender_id <> 1) AS last_reply
  FROM conversation_messages GROUP BY conversation_id) m ON m.conversation_id = p.id;

SELECT setval('conversations_id_seq', :conversations);

-- The assignee never looked (2), looked between two messages (1, 7), before the last (4, 11), or at the latest reply; in
-- half of the conversations somebody else looked last.
INSERT INTO conversation_last_seen (user_id, conversation_id, last_seen_at)
  SELECT c.assigned_user_id, c.id,
         CASE WHEN p.case_ IN (1, 7) THEN c.waiting_since
              WHEN p.case_ IN (4, 11) THEN coalesce(c.waiting_since, c.last_reply_at - interval '90 seconds') - interval '1 second'
              WHEN p.waits THEN coalesce(c.last_reply_at, c.created_at) ELSE c.last_message_at END
  FROM plan p JOIN conversations c USING (id)
  WHERE c.assigned_user_id IS NOT NULL AND p.case_ <> 2;
INSERT INTO conversation_last_seen (user_id, conversation_id, last_seen_at)
  SELECT 2 + (p.agent - 1) % 40, c.id, c.last_message_at FROM plan p JOIN conversations c USING (id) WHERE c.id % 2 = 0;

INSERT INTO applied_slas (conversation_id, sla_policy_id, status, first_response_deadline_at, resolution_deadline_at,
                          first_response_met_at, resolution_met_at)
  SELECT id, 1, CASE WHEN resolved_at IS NULL THEN 'pending' ELSE 'met' END::applied_sla_status,
         created_at + interval '1 hour', created_at + interval '1 day', first_reply_at, resolved_at
  FROM conversations WHERE sla_policy_id IS NOT NULL;
INSERT INTO sla_events (applied_sla_id, sla_policy_id, type, deadline_at, met_at)
  SELECT a.id, 1, 'next_response', c.waiting_since + interval '2 hours', CASE WHEN c.id % 20 = 0 THEN now() END
  FROM applied_slas a JOIN conversations c ON c.id = a.conversation_id
  WHERE c.waiting_since IS NOT NULL AND c.first_reply_at IS NOT NULL;
INSERT INTO ai_agent_events (assistant_id, conversation_id, type, created_at)
  SELECT 1, id, 'handoff', waiting_since FROM conversations WHERE waiting_since IS NOT NULL AND id % 5 = 0;
INSERT INTO media (store, filename, content_type, model_id, model_type, disposition, size)
  SELECT 'fs', 'picture ' || id || '.png', 'image/png', id, 'messages', 'attachment', 1000 + id % 1000
  FROM conversation_messages WHERE id % 50 = 0;

CREATE INDEX index_tgrm_users_on_email ON users USING gin (email gin_trgm_ops);
CREATE INDEX index_users_on_api_key ON users (api_key);
CREATE UNIQUE INDEX index_unique_users_on_email_when_type_is_agent ON users (email) WHERE type = 'agent' AND deleted_at IS NULL;
CREATE UNIQUE INDEX index_unique_users_on_ext_id_when_type_is_contact ON users (external_user_id)
  WHERE type = 'contact' AND deleted_at IS NULL AND external_user_id IS NOT NULL;
CREATE UNIQUE INDEX index_unique_users_on_email_when_no_ext_id_contact ON users (email)
  WHERE type = 'contact' AND deleted_at IS NULL AND external_user_id IS NULL;
CREATE INDEX index_user_roles_on_user_id ON user_roles (user_id);
CREATE INDEX index_conversations_on_assigned_user_id ON conversations (assigned_user_id);
CREATE INDEX index_conversations_on_assigned_team_id ON conversations (assigned_team_id);
CREATE INDEX index_conversations_on_snoozed_until ON conversations (snoozed_until);
CREATE INDEX index_conversations_on_contact_id ON conversations (contact_id);
CREATE INDEX index_conversations_on_inbox_id ON conversations (inbox_id);
CREATE INDEX index_conversations_on_status_id ON conversations (status_id);
CREATE INDEX index_conversations_on_priority_id ON conversations (priority_id);
CREATE INDEX index_conversations_on_created_at ON conversations (created_at);
CREATE INDEX index_conversations_on_last_message_at ON conversations (last_message_at);
CREATE INDEX index_conversations_on_last_interaction_at ON conversations (last_interaction_at);
CREATE INDEX index_conversations_on_next_sla_deadline_at ON conversations (next_sla_deadline_at);
CREATE INDEX index_conversations_on_waiting_since ON conversations (waiting_since);
CREATE INDEX index_conversations_on_last_continuity_email_sent_at ON conversations (last_continuity_email_sent_at);
CREATE INDEX index_trgm_conversation_messages_on_text_content ON conversation_messages USING gin (text_content gin_trgm_ops);
CREATE INDEX index_conversation_messages_on_conversation_id ON conversation_messages (conversation_id);
CREATE INDEX index_conversation_messages_on_created_at ON conversation_messages (created_at);
CREATE INDEX index_conversation_messages_on_source_id ON conversation_messages (source_id);
CREATE INDEX index_conversation_messages_on_status ON conversation_messages (status);
CREATE INDEX index_conversation_messages_on_conversation_id_and_created_at ON conversation_messages (conversation_id, created_at);
CREATE UNIQUE INDEX index_unique_conversation_last_seen ON conversation_last_seen (conversation_id, user_id);
CREATE INDEX index_media_on_model_type_and_model_id ON media (model_type, model_id);
CREATE INDEX index_media_on_content_id ON media (content_id);
CREATE UNIQUE INDEX index_unique_team_members_on_team_id_and_user_id ON team_members (team_id, user_id);
CREATE INDEX index_team_members_on_user_id ON team_members (user_id);
CREATE INDEX index_applied_slas_on_conversation_id ON applied_slas (conversation_id);
CREATE INDEX index_applied_slas_on_status ON applied_slas (status);
CREATE UNIQUE INDEX index_applied_slas_unique_pending_per_conv ON applied_slas (conversation_id) WHERE status = 'pending';
CREATE INDEX index_sla_events_on_applied_sla_id ON sla_events (applied_sla_id);
CREATE INDEX index_sla_events_on_status ON sla_events (status);
CREATE INDEX index_ai_assistants_on_user_id ON ai_assistants (user_id);
CREATE INDEX index_ai_agent_events_on_assistant_type_created ON ai_agent_events (assistant_id, type, created_at);
CREATE INDEX index_ai_agent_events_on_conversation_id ON ai_agent_events (conversation_id);

-- The references of the large tables, checked once they are full.
ALTER TABLE conversations
  ADD FOREIGN KEY (contact_id) REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE,
  ADD FOREIGN KEY (assigned_user_id) REFERENCES users ON DELETE SET NULL ON UPDATE CASCADE,
  ADD FOREIGN KEY (assigned_team_id) REFERENCES teams ON DELETE SET NULL ON UPDATE CASCADE,
  ADD FOREIGN KEY (sla_policy_id) REFERENCES sla_policies ON DELETE SET NULL ON UPDATE CASCADE,
  ADD FOREIGN KEY (inbox_id) REFERENCES inboxes ON DELETE CASCADE ON UPDATE CASCADE,
  ADD FOREIGN KEY (status_id) REFERENCES conversation_statuses ON DELETE RESTRICT ON UPDATE CASCADE,
  ADD FOREIGN KEY (priority_id) REFERENCES conversation_priorities ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE conversation_messages
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE,
  ADD FOREIGN KEY (sender_id) REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE conversation_last_seen
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE,
  ADD FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE;

VACUUM ANALYZE;
