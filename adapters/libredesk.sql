-- Libredesk, read by doorbell on its own PostgreSQL database
--
-- Read: github.com/abhinavxd/libredesk, schema.sql and the queries at 948ffd8c (release 2.7.0, 8 August 2026).
-- PostgreSQL 13 or later, as Libredesk itself.
--
-- Approximated
--   * Libredesk's waiting_since moves with every message of the contact; here the wait begins with the first message
--     behind the latest reply. A reply counts once it was sent; a failed one does not.
--   * An AI assistant's reply ends a wait, as in Libredesk. While one holds the conversation, bot_state is `active` and
--     nobody is the assignee.
--   * Read cursors are Libredesk's own, one for each agent who has looked. The contact's look is known for the live
--     chat; by mail it stays at the beginning, so replies by mail are not reported as unseen.
--   * Presence: who was active in the last minutes is `online` by Libredesk's word; last_active_at says since when not.
--   * Statuses that an administrator invented are open, snoozed (category waiting) or resolved by their category.
-- Left out
--   * preferences and devices (there are none), availability (business hours belong to teams), queue_wait, phone
--     numbers without a country code.
--
-- Tables are named with their schema, since a relation of the same name would hide them.

-- relation: waiting_conversations
SELECT c.id AS conversation_id,
       floor(extract(epoch FROM first.created_at) * 1000)::bigint AS waiting_since,
       latest.id AS message_id
FROM public.conversations c
JOIN public.conversation_statuses s ON s.id = c.status_id AND s.category = 'open'
CROSS JOIN LATERAL (
  SELECT coalesce(max(m.created_at), '-infinity') AS at FROM public.conversation_messages m
  WHERE m.conversation_id = c.id AND m.type = 'outgoing' AND NOT m.private AND m.status = 'sent'
    AND m.sender_id IS DISTINCT FROM (
      SELECT y.id FROM public.users y WHERE y.type = 'agent' AND y.email = 'System' AND y.deleted_at IS NULL)) replied
CROSS JOIN LATERAL (
  SELECT m.id FROM public.conversation_messages m
  WHERE m.conversation_id = c.id AND m.type = 'incoming' AND m.created_at > replied.at
  ORDER BY m.created_at DESC, m.id DESC LIMIT 1) latest
CROSS JOIN LATERAL (
  SELECT m.created_at FROM public.conversation_messages m
  WHERE m.conversation_id = c.id AND m.type = 'incoming' AND m.created_at > replied.at
  ORDER BY m.created_at LIMIT 1) first
WHERE c.waiting_since IS NOT NULL

-- relation: unread_conversations
-- OFFSET 0 keeps the planner from finding the same place twice.
SELECT c.id AS conversation_id,
       floor(extract(epoch FROM first.created_at) * 1000)::bigint AS unread_since,
       latest.id AS message_id
FROM public.conversations c
JOIN public.conversation_statuses s ON s.id = c.status_id AND s.category = 'open'
LEFT JOIN public.ai_assistants ai ON ai.user_id = c.assigned_user_id
CROSS JOIN LATERAL (
  SELECT (SELECT l.last_seen_at FROM public.conversation_last_seen l
          WHERE l.conversation_id = c.id AND l.user_id = c.assigned_user_id) AS at
  OFFSET 0) seen
CROSS JOIN LATERAL (
  SELECT greatest(
    CASE WHEN ai.user_id IS NULL THEN coalesce(seen.at, '-infinity') ELSE '-infinity' END,
    (SELECT coalesce(max(m.created_at), '-infinity') FROM public.conversation_messages m
     WHERE m.conversation_id = c.id AND m.type = 'outgoing' AND NOT m.private AND m.status = 'sent'
       AND m.sender_id IS DISTINCT FROM (
         SELECT y.id FROM public.users y WHERE y.type = 'agent' AND y.email = 'System' AND y.deleted_at IS NULL)
       AND (c.assigned_user_id IS NULL OR ai.user_id IS NOT NULL OR m.sender_id = c.assigned_user_id))) AS at
  OFFSET 0) read_until
CROSS JOIN LATERAL (
  SELECT m.id FROM public.conversation_messages m
  WHERE m.conversation_id = c.id AND m.type = 'incoming' AND m.created_at > read_until.at
  ORDER BY m.created_at DESC, m.id DESC LIMIT 1) latest
CROSS JOIN LATERAL (
  SELECT m.created_at FROM public.conversation_messages m
  WHERE m.conversation_id = c.id AND m.type = 'incoming' AND m.created_at > read_until.at
  ORDER BY m.created_at LIMIT 1) first
WHERE c.assigned_user_id IS NOT NULL AND (seen.at IS NULL OR seen.at < c.last_message_at)
   OR c.assigned_user_id IS NULL AND c.waiting_since IS NOT NULL

-- relation: unseen_replies
SELECT c.id AS conversation_id,
       floor(extract(epoch FROM reply.created_at) * 1000)::bigint AS replied_at,
       reply.id AS message_id
FROM public.conversations c
JOIN public.inboxes i ON i.id = c.inbox_id AND i.channel = 'livechat'
CROSS JOIN LATERAL (
  SELECT m.id, m.created_at, m.type FROM public.conversation_messages m
  JOIN public.users u ON u.id = m.sender_id
  WHERE m.conversation_id = c.id AND m.created_at > coalesce(c.contact_last_seen_at, '-infinity')
    AND (m.type = 'incoming' OR m.type = 'outgoing' AND NOT m.private AND m.status = 'sent' AND u.type = 'agent'
      AND u.email IS DISTINCT FROM 'System')
    AND m.meta ->> 'continuity_email' IS DISTINCT FROM 'true'
  ORDER BY m.created_at DESC, m.id DESC LIMIT 1) reply
WHERE c.last_interaction_at > now() - interval '48 hours'
  AND reply.type = 'outgoing' AND reply.created_at > now() - interval '48 hours'

-- relation: sla_deadlines
SELECT c.id AS conversation_id,
       due.metric,
       floor(extract(epoch FROM due.at) * 1000)::bigint AS due_at,
       floor(extract(epoch FROM due.breached_at) * 1000)::bigint AS breached_at
FROM public.conversations c
JOIN public.conversation_statuses s ON s.id = c.status_id AND s.category = 'open'
JOIN public.applied_slas a ON a.conversation_id = c.id AND a.sla_policy_id = c.sla_policy_id
CROSS JOIN LATERAL (
  SELECT 'first_response' AS metric, a.first_response_deadline_at AS at, a.first_response_breached_at AS breached_at
  WHERE a.first_response_met_at IS NULL AND c.first_reply_at IS NULL AND a.first_response_deadline_at IS NOT NULL
  UNION ALL
  SELECT 'resolution', a.resolution_deadline_at, a.resolution_breached_at
  WHERE a.resolution_met_at IS NULL AND c.resolved_at IS NULL AND a.resolution_deadline_at IS NOT NULL
  UNION ALL
  SELECT 'next_response', min(e.deadline_at), min(e.breached_at) FROM public.sla_events e
  WHERE e.applied_sla_id = a.id AND e.type = 'next_response' AND e.met_at IS NULL
  HAVING min(e.deadline_at) IS NOT NULL) due
WHERE c.sla_policy_id IS NOT NULL
  AND a.id = (SELECT max(l.id) FROM public.applied_slas l WHERE l.conversation_id = c.id)

-- relation: desk_events
SELECT h.id AS event_id,
       h.conversation_id,
       'handover' AS kind,
       floor(extract(epoch FROM h.created_at) * 1000)::bigint AS at,
       NULL::bigint AS actor_id,
       c.assigned_user_id AS target_id
FROM public.ai_assistants a
JOIN public.ai_agent_events h ON h.assistant_id = a.id AND h.type = 'handoff'
  AND h.created_at > now() - interval '72 hours'
JOIN public.conversations c ON c.id = h.conversation_id
JOIN public.conversation_statuses s ON s.id = c.status_id AND s.category = 'open'
WHERE c.waiting_since IS NOT NULL AND (c.last_reply_at IS NULL OR c.last_reply_at < h.created_at)
  AND c.assigned_user_id IS DISTINCT FROM a.user_id

-- relation: agents
SELECT u.id,
       NULL::bigint AS account_id,
       concat_ws(' ', u.first_name, nullif(u.last_name, '')) AS name,
       nullif(u.email, '') AS email,
       CASE WHEN u.phone_number_country_code ~ '^\+?[0-9]+$'
         THEN '+' || ltrim(u.phone_number_country_code, '+') || ltrim(regexp_replace(u.phone_number, '\D', '', 'g'), '0')
       END AS phone,
       nullif(u.avatar_url, '') AS avatar_url,
       CASE WHEN EXISTS (
         SELECT FROM public.user_roles ur JOIN public.roles r ON r.id = ur.role_id
         WHERE ur.user_id = u.id AND r.name = 'Admin') THEN 'admin' ELSE 'agent' END AS role,
       u.enabled AND u.deleted_at IS NULL AS active,
       NULL::text AS locale,
       NULL::text AS time_zone
FROM public.users u
WHERE u.type = 'agent' AND u.email IS DISTINCT FROM 'System'

-- relation: groups
SELECT 'team:' || t.id AS id, NULL::bigint AS account_id, t.name, 'team' AS kind, NULL::text AS email,
       nullif(t.timezone, '') AS time_zone
FROM public.teams t
UNION ALL
SELECT 'inbox:' || i.id, NULL, i.name, CASE WHEN i.channel = 'email' THEN 'mailbox' ELSE 'inbox' END,
       nullif(i."from", ''), NULL
FROM public.inboxes i

-- relation: group_members
SELECT 'team:' || m.team_id AS group_id, m.user_id AS agent_id, 'member' AS role
FROM public.team_members m

-- relation: contacts
SELECT u.id,
       NULL::bigint AS account_id,
       nullif(concat_ws(' ', u.first_name, nullif(u.last_name, '')), '') AS name,
       nullif(u.email, '') AS email,
       CASE WHEN u.phone_number_country_code ~ '^\+?[0-9]+$'
         THEN '+' || ltrim(u.phone_number_country_code, '+') || ltrim(regexp_replace(u.phone_number, '\D', '', 'g'), '0')
       END AS phone,
       nullif(u.avatar_url, '') AS avatar_url,
       CASE WHEN u.type = 'visitor' THEN 'guest' ELSE 'contact' END AS kind,
       NOT u.enabled OR u.deleted_at IS NOT NULL AS blocked,
       NULL::boolean AS sms_consent,
       NULL::text AS locale,
       NULL::text AS time_zone,
       floor(extract(epoch FROM u.last_active_at) * 1000)::bigint AS last_active_at
FROM public.users u
WHERE u.type IN ('contact', 'visitor')

-- relation: conversations
SELECT c.id,
       NULL::bigint AS account_id,
       c.reference_number AS number,
       nullif(c.subject, '') AS subject,
       CASE s.category WHEN 'open' THEN 'open' WHEN 'waiting' THEN 'snoozed' WHEN 'resolved' THEN 'resolved'
         ELSE s.category::text END AS status,
       (SELECT lower(p.name) FROM public.conversation_priorities p WHERE p.id = c.priority_id) AS priority,
       CASE WHEN ai.user_id IS NULL THEN c.assigned_user_id END AS assignee_id,
       (SELECT m.sender_id FROM public.conversation_messages m JOIN public.users u ON u.id = m.sender_id
        WHERE m.conversation_id = c.id AND m.type = 'outgoing' AND NOT m.private AND m.status = 'sent'
          AND u.type = 'agent' AND u.email IS DISTINCT FROM 'System'
        ORDER BY m.created_at DESC, m.id DESC LIMIT 1) AS last_agent_id,
       coalesce('team:' || c.assigned_team_id, 'inbox:' || c.inbox_id) AS group_id,
       c.inbox_id,
       (SELECT i.channel::text FROM public.inboxes i WHERE i.id = c.inbox_id) AS channel,
       c.contact_id,
       floor(extract(epoch FROM c.created_at) * 1000)::bigint AS created_at,
       floor(extract(epoch FROM c.last_message_at) * 1000)::bigint AS last_activity_at,
       floor(extract(epoch FROM c.waiting_since) * 1000)::bigint AS waiting_since,
       floor(extract(epoch FROM c.first_reply_at) * 1000)::bigint AS first_reply_at,
       floor(extract(epoch FROM c.snoozed_until) * 1000)::bigint AS snoozed_until,
       CASE WHEN ai.user_id IS NOT NULL THEN 'active' ELSE 'none' END AS bot_state,
       (SELECT floor(extract(epoch FROM l.last_seen_at) * 1000)::bigint FROM public.conversation_last_seen l
        WHERE l.conversation_id = c.id AND l.user_id = c.assigned_user_id) AS assignee_last_seen_at,
       (SELECT floor(extract(epoch FROM max(l.last_seen_at)) * 1000)::bigint FROM public.conversation_last_seen l
        WHERE l.conversation_id = c.id) AS agents_last_seen_at,
       floor(extract(epoch FROM c.contact_last_seen_at) * 1000)::bigint AS contact_last_seen_at
FROM public.conversations c
JOIN public.conversation_statuses s ON s.id = c.status_id
LEFT JOIN public.ai_assistants ai ON ai.user_id = c.assigned_user_id

-- relation: messages
SELECT m.id,
       m.conversation_id,
       CASE
         WHEN m.type = 'incoming' THEN 'contact'
         WHEN m.type = 'activity'
           OR EXISTS (SELECT FROM public.users y WHERE y.id = m.sender_id AND y.type = 'agent' AND y.email = 'System')
           THEN 'system'
         WHEN EXISTS (SELECT FROM public.ai_assistants a WHERE a.user_id = m.sender_id) THEN 'bot'
         ELSE 'agent'
       END AS sender_type,
       m.sender_id,
       m.private,
       m.meta ? 'deleted_at' OR m.type = 'outgoing' AND NOT m.private AND m.status <> 'sent'
         OR coalesce(m.meta ->> 'continuity_email', '') = 'true' AS deleted,
       m.content AS body,
       CASE WHEN m.content_type = 'html' THEN 'html' ELSE 'text' END AS body_format,
       floor(extract(epoch FROM m.created_at) * 1000)::bigint AS created_at
FROM public.conversation_messages m

-- relation: attachments
SELECT f.id, f.model_id AS message_id, f.filename, f.content_type, f.size AS byte_size, NULL::text AS url
FROM public.media f
WHERE f.model_type = 'messages' AND f.disposition IS DISTINCT FROM 'inline'

-- relation: read_cursors
SELECT l.conversation_id, 'agent' AS reader_type, l.user_id AS reader_id,
       floor(extract(epoch FROM l.last_seen_at) * 1000)::bigint AS last_seen_at
FROM public.conversation_last_seen l

-- relation: presence
SELECT CASE WHEN u.type = 'agent' THEN 'agent' ELSE 'contact' END AS subject_type,
       u.id AS subject_id,
       NULL::bigint AS account_id,
       CASE u.availability_status WHEN 'online' THEN 'online' WHEN 'offline' THEN 'offline' ELSE 'away' END AS status,
       NULL::text AS surface,
       floor(extract(epoch FROM u.last_active_at) * 1000)::bigint AS last_active_at
FROM public.users u
WHERE u.type IN ('agent', 'contact', 'visitor') AND u.email IS DISTINCT FROM 'System'
