-- Chatwoot, read by doorbell on its own PostgreSQL database
--
-- Read: github.com/chatwoot/chatwoot, db/schema.rb at ff525f56 (schema 2024_09_23_215335) and at 0032d604 (schema
-- 2025_08_16_044639; the second has tables that look like a fork's). Every column and index used here is in both. When
-- columns are written was read in the models of several releases and copies.
-- PostgreSQL 12 or later, as Chatwoot itself.
--
-- Approximated
--   * Who is connected stands in Redis alone. `presence` holds only what agents set by hand (offline, busy, or online
--     while away from the page); everybody else is unknown, and `presence.unknown` decides. How far the assignee has
--     looked (assignee_last_seen_at) is the evidence that is left.
--   * What ends a wait is Chatwoot's word: a public reply by a person, in releases of 2025 also by a bot. A reply that
--     could not be handed over ends it too, as in Chatwoot's own lists.
--   * Unread for the assignee ends with their look or their own public reply. Nobody else has a cursor of their own.
--   * Deadlines count around the clock: a policy for business hours falls due too early here.
--   * An assignment is an event for those whom Chatwoot itself keeps a notification for, until they have read it.
--   * Somebody in several accounts belongs to none here, with the strongest of their roles.
--   * Devices are subscribed with Chatwoot's own VAPID key and Firebase project, which pushes to them need.
-- Left out
--   * preferences: Chatwoot's switches steer its own mails, which are off where doorbell sends them instead.
--   * availability (hours belong to inboxes), read_cursors (one for the assignee, one for all), contact time zones.
--   * Files of conversations have names and sizes, not links: those are signed for the moment.
--
-- Tables are named with their schema, since a relation of the same name would hide them.

-- relation: waiting_conversations
SELECT c.id AS conversation_id,
       floor(extract(epoch FROM first.created_at) * 1000)::bigint AS waiting_since,
       latest.id AS message_id
FROM public.conversations c
CROSS JOIN LATERAL (
  SELECT m.id FROM public.messages m
  WHERE m.conversation_id = c.id AND m.account_id = c.account_id AND m.message_type = 0
    AND m.created_at >= c.waiting_since AND m.content_attributes::text !~ '"deleted\\?": ?true'
  ORDER BY m.created_at DESC, m.id DESC LIMIT 1) latest
CROSS JOIN LATERAL (
  SELECT m.created_at FROM public.messages m
  WHERE m.conversation_id = c.id AND m.account_id = c.account_id AND m.message_type = 0
    AND m.created_at >= c.waiting_since AND m.content_attributes::text !~ '"deleted\\?": ?true'
  ORDER BY m.created_at LIMIT 1) first
WHERE c.waiting_since IS NOT NULL AND c.status = 0

-- relation: unread_conversations
-- `+ 0` keeps the planner from the index on senders, which holds everything that an agent ever wrote (10 s instead of
-- 0.1 s), and OFFSET 0 from finding the place twice.
SELECT c.id AS conversation_id,
       floor(extract(epoch FROM first.created_at) * 1000)::bigint AS unread_since,
       latest.id AS message_id
FROM public.conversations c
CROSS JOIN LATERAL (
  SELECT CASE WHEN c.assignee_id IS NULL THEN c.waiting_since - interval '1 microsecond' ELSE greatest(
    coalesce(c.assignee_last_seen_at, '-infinity'),
    coalesce((
      SELECT m.created_at FROM public.messages m
      WHERE m.conversation_id = c.id AND m.account_id = c.account_id AND m.message_type = 1 AND NOT m.private
        AND m.sender_type = 'User' AND m.sender_id + 0 = c.assignee_id
      ORDER BY m.created_at DESC LIMIT 1), '-infinity')) END AS at
  OFFSET 0) read_until
CROSS JOIN LATERAL (
  SELECT m.id FROM public.messages m
  WHERE m.conversation_id = c.id AND m.account_id = c.account_id AND m.message_type = 0
    AND m.created_at > read_until.at AND m.content_attributes::text !~ '"deleted\\?": ?true'
  ORDER BY m.created_at DESC, m.id DESC LIMIT 1) latest
CROSS JOIN LATERAL (
  SELECT m.created_at FROM public.messages m
  WHERE m.conversation_id = c.id AND m.account_id = c.account_id AND m.message_type = 0
    AND m.created_at > read_until.at AND m.content_attributes::text !~ '"deleted\\?": ?true'
  ORDER BY m.created_at LIMIT 1) first
WHERE c.status = 0
  AND (c.assignee_id IS NOT NULL AND (c.assignee_last_seen_at IS NULL OR c.last_activity_at > c.assignee_last_seen_at)
    OR c.assignee_id IS NULL AND c.waiting_since IS NOT NULL)

-- relation: unseen_replies
SELECT reply.conversation_id,
       floor(extract(epoch FROM reply.created_at) * 1000)::bigint AS replied_at,
       reply.id AS message_id
FROM public.messages reply
JOIN public.conversations c ON c.id = reply.conversation_id
WHERE reply.created_at > (now() AT TIME ZONE 'UTC') - interval '48 hours'
  AND reply.message_type = 1 AND NOT reply.private AND reply.sender_type = 'User' AND reply.status IS DISTINCT FROM 3
  AND reply.content_attributes::text !~ '"deleted\\?": ?true'
  AND (c.contact_last_seen_at IS NULL OR c.contact_last_seen_at < reply.created_at)
  AND NOT EXISTS (
    SELECT FROM public.messages later
    WHERE later.conversation_id = c.id AND later.account_id = c.account_id
      AND later.message_type IN (0, 1) AND later.created_at >= reply.created_at AND later.id <> reply.id
      AND later.content_attributes::text !~ '"deleted\\?": ?true'
      AND (later.created_at, later.id) > (reply.created_at, reply.id)
      AND (later.message_type = 0
        OR NOT later.private AND later.sender_type = 'User' AND later.status IS DISTINCT FROM 3))

-- relation: sla_deadlines
SELECT c.id AS conversation_id,
       due.metric,
       floor(extract(epoch FROM due.at) * 1000)::bigint AS due_at,
       (SELECT floor(extract(epoch FROM min(e.created_at)) * 1000)::bigint FROM public.sla_events e
        WHERE e.applied_sla_id = a.id AND e.event_type = due.event_type AND e.created_at >= due.at) AS breached_at
FROM public.conversations c
JOIN public.applied_slas a ON a.conversation_id = c.id AND a.sla_policy_id IS NOT DISTINCT FROM c.sla_policy_id
JOIN public.sla_policies p ON p.id = a.sla_policy_id
CROSS JOIN LATERAL (VALUES
  ('first_response', 0, CASE WHEN c.first_reply_created_at IS NULL
    THEN c.created_at + p.first_response_time_threshold * interval '1 second' END),
  ('next_response', 1, CASE WHEN c.first_reply_created_at IS NOT NULL
    THEN c.waiting_since + p.next_response_time_threshold * interval '1 second' END),
  ('resolution', 2, c.created_at + p.resolution_time_threshold * interval '1 second')) AS due (metric, event_type, at)
WHERE c.status = 0 AND a.sla_status IN (0, 3) AND due.at IS NOT NULL

-- relation: desk_events
SELECT n.id AS event_id,
       n.primary_actor_id AS conversation_id,
       'assigned' AS kind,
       floor(extract(epoch FROM n.created_at) * 1000)::bigint AS at,
       CASE WHEN n.secondary_actor_type = 'User' THEN n.secondary_actor_id END AS actor_id,
       n.user_id AS target_id
FROM public.notifications n
JOIN public.conversations c ON c.id = n.primary_actor_id AND c.assignee_id = n.user_id
WHERE n.last_activity_at > (now() AT TIME ZONE 'UTC') - interval '72 hours'
  AND n.created_at > (now() AT TIME ZONE 'UTC') - interval '72 hours'
  AND n.notification_type = 2 AND n.primary_actor_type = 'Conversation' AND n.read_at IS NULL AND c.status = 0

-- relation: agents
SELECT u.id,
       (SELECT CASE WHEN min(a.account_id) = max(a.account_id) THEN min(a.account_id) END
        FROM public.account_users a WHERE a.user_id = u.id) AS account_id,
       coalesce(nullif(u.display_name, ''), u.name) AS name,
       nullif(u.email, '') AS email,
       NULL::text AS phone,
       NULL::text AS avatar_url,
       CASE WHEN EXISTS (SELECT FROM public.account_users a WHERE a.user_id = u.id AND a.role = 1)
         THEN 'admin' ELSE 'agent' END AS role,
       EXISTS (SELECT FROM public.account_users a WHERE a.user_id = u.id) AS active,
       u.ui_settings ->> 'locale' AS locale,
       NULL::text AS time_zone
FROM public.users u

-- relation: groups
SELECT 'team:' || t.id AS id, t.account_id, t.name::text AS name, 'team' AS kind, NULL::text AS email,
       NULL::text AS time_zone
FROM public.teams t
UNION ALL
SELECT 'inbox:' || i.id, i.account_id, i.name::text, 'inbox', nullif(i.email_address, '')::text, i.timezone::text
FROM public.inboxes i

-- relation: group_members
SELECT 'team:' || m.team_id AS group_id, m.user_id AS agent_id, 'member' AS role
FROM public.team_members m
UNION ALL
SELECT 'inbox:' || m.inbox_id, m.user_id, 'member'
FROM public.inbox_members m

-- relation: contacts
SELECT p.id,
       p.account_id,
       nullif(concat_ws(' ', nullif(p.name, ''), nullif(p.middle_name, ''), nullif(p.last_name, '')), '') AS name,
       nullif(p.email, '') AS email,
       nullif(p.phone_number, '') AS phone,
       NULL::text AS avatar_url,
       CASE WHEN p.contact_type = 0 AND coalesce(p.email, '') = '' AND coalesce(p.phone_number, '') = ''
         THEN 'guest' ELSE 'contact' END AS kind,
       p.blocked,
       NULL::boolean AS sms_consent,
       NULL::text AS locale,
       NULL::text AS time_zone,
       floor(extract(epoch FROM p.last_activity_at) * 1000)::bigint AS last_active_at
FROM public.contacts p

-- relation: conversations
SELECT c.id,
       c.account_id,
       c.display_id::text AS number,
       c.additional_attributes ->> 'mail_subject' AS subject,
       CASE c.status WHEN 0 THEN 'open' WHEN 1 THEN 'resolved' WHEN 2 THEN 'pending' WHEN 3 THEN 'snoozed'
         ELSE c.status::text END AS status,
       CASE c.priority WHEN 0 THEN 'low' WHEN 1 THEN 'medium' WHEN 2 THEN 'high' WHEN 3 THEN 'urgent'
         ELSE c.priority::text END AS priority,
       c.assignee_id,
       (SELECT m.sender_id FROM public.messages m
        WHERE m.conversation_id = c.id AND m.account_id = c.account_id AND m.message_type = 1 AND NOT m.private
          AND m.sender_type = 'User'
        ORDER BY m.created_at DESC, m.id DESC LIMIT 1) AS last_agent_id,
       coalesce('team:' || c.team_id, 'inbox:' || c.inbox_id) AS group_id,
       c.inbox_id,
       (SELECT lower(replace(i.channel_type, 'Channel::', '')) FROM public.inboxes i WHERE i.id = c.inbox_id) AS channel,
       c.contact_id,
       floor(extract(epoch FROM c.created_at) * 1000)::bigint AS created_at,
       floor(extract(epoch FROM c.last_activity_at) * 1000)::bigint AS last_activity_at,
       floor(extract(epoch FROM c.waiting_since) * 1000)::bigint AS waiting_since,
       floor(extract(epoch FROM c.first_reply_created_at) * 1000)::bigint AS first_reply_at,
       floor(extract(epoch FROM c.snoozed_until) * 1000)::bigint AS snoozed_until,
       CASE WHEN c.status = 2 THEN 'active' ELSE 'none' END AS bot_state,
       floor(extract(epoch FROM c.assignee_last_seen_at) * 1000)::bigint AS assignee_last_seen_at,
       floor(extract(epoch FROM c.agent_last_seen_at) * 1000)::bigint AS agents_last_seen_at,
       floor(extract(epoch FROM c.contact_last_seen_at) * 1000)::bigint AS contact_last_seen_at
FROM public.conversations c

-- relation: messages
SELECT m.id,
       m.conversation_id,
       CASE
         WHEN m.message_type = 0 THEN 'contact'
         WHEN m.message_type = 1 AND m.sender_type = 'User' THEN 'agent'
         WHEN m.message_type = 1 THEN 'bot'
         ELSE 'system'
       END AS sender_type,
       m.sender_id,
       m.private,
       m.content_attributes::text ~ '"deleted\\?": ?true' OR m.message_type = 1 AND m.status = 3 AS deleted,
       m.content AS body,
       CASE WHEN m.message_type = 0 THEN 'text' ELSE 'markdown' END AS body_format,
       floor(extract(epoch FROM m.created_at) * 1000)::bigint AS created_at
FROM public.messages m
WHERE m.message_type IN (0, 1, 2, 3)

-- relation: attachments
SELECT a.id,
       a.message_id,
       coalesce(b.filename, a.fallback_title)::text AS filename,
       b.content_type::text AS content_type,
       b.byte_size,
       nullif(a.external_url, '')::text AS url
FROM public.attachments a
LEFT JOIN public.active_storage_attachments s
  ON s.record_type = 'Attachment' AND s.record_id = a.id AND s.name = 'file'
LEFT JOIN public.active_storage_blobs b ON b.id = s.blob_id

-- relation: presence
SELECT 'agent' AS subject_type,
       a.user_id AS subject_id,
       a.account_id,
       CASE WHEN a.availability = 1 THEN 'offline' WHEN a.availability = 2 THEN 'busy' ELSE 'online' END AS status,
       NULL::text AS surface,
       NULL::bigint AS last_active_at
FROM public.account_users a
WHERE a.availability <> 0 OR NOT a.auto_offline

-- relation: devices
SELECT s.id,
       'agent' AS owner_type,
       s.user_id AS owner_id,
       CASE s.subscription_type WHEN 1 THEN 'webpush' ELSE 'fcm' END AS provider,
       coalesce(s.subscription_attributes ->> 'endpoint', s.subscription_attributes ->> 'push_token') AS token,
       s.subscription_attributes ->> 'p256dh' AS p256dh,
       s.subscription_attributes ->> 'auth' AS auth,
       lower(s.subscription_attributes ->> 'devicePlatform') AS platform,
       NULL::text AS app_id
FROM public.notification_subscriptions s
WHERE s.subscription_type IN (1, 2)
  AND coalesce(s.subscription_attributes ->> 'endpoint', s.subscription_attributes ->> 'push_token') IS NOT NULL
