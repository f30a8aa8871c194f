-- Live Helper Chat, read by doorbell on its own MariaDB or MySQL database
--
-- Read: github.com/LiveHelperChat/livehelperchat, the installer's tables, structure.json and the models at c15cd17d
-- (release 4.90, 21 August 2026). MariaDB 10.3 or MySQL 8.0.21 and later.
--
-- Approximated
--   * Read or not is one flag for each chat, which the operator's page lowers. When it was looked at is not kept: unread
--     counts from the first message behind the latest public reply, else from the latest message.
--   * A reply is a public message of an operator. Bots, automatic answers, system lines and whispers are none.
--   * There are no contacts beside chats: each chat has one of its own, with the chat's number. Without an address and a
--     telephone number it is a guest.
--   * Chats of a bot are `pending`; one that had a bot before is `handed_over`.
--   * Presence is the operator's page asking every few seconds; somebody set offline by hand is away.
--   * A transfer is an event until the other side has taken it.
--   * Replies that Live Helper Chat itself has reminded the visitor of are not reported any more.
--   * Browsers of operators are subscribed with Live Helper Chat's own VAPID key, which pushes to them need.
-- Left out
--   * attachments (a file belongs to a chat, its message names it in the text), preferences, availability,
--     sla_deadlines, read_cursors, mail conversations, blocked visitors.

-- relation: waiting_conversations
SELECT c.id AS conversation_id,
       (SELECT m.time FROM lh_msg m
        WHERE m.chat_id = c.id AND m.user_id = 0 AND m.id > coalesce((
          SELECT r.id FROM lh_msg r
          WHERE r.chat_id = c.id AND r.user_id > 0 AND r.meta_msg NOT LIKE '%"whisper":true%'
          ORDER BY r.id DESC LIMIT 1), 0)
        ORDER BY m.id LIMIT 1) * 1000 AS waiting_since,
       latest.id AS message_id
FROM lh_chat c
JOIN lh_msg latest ON latest.id = (
  SELECT m.id FROM lh_msg m
  WHERE m.chat_id = c.id AND (m.user_id = 0 OR m.user_id > 0 AND m.meta_msg NOT LIKE '%"whisper":true%')
  ORDER BY m.id DESC LIMIT 1)
WHERE c.status IN (0, 1) AND latest.user_id = 0

-- relation: unread_conversations
SELECT c.id AS conversation_id,
       coalesce((SELECT m.time FROM lh_msg m
        WHERE m.chat_id = c.id AND m.user_id = 0 AND m.id > coalesce((
          SELECT r.id FROM lh_msg r
          WHERE r.chat_id = c.id AND r.user_id > 0 AND r.meta_msg NOT LIKE '%"whisper":true%'
          ORDER BY r.id DESC LIMIT 1), 0)
        ORDER BY m.id LIMIT 1), latest.time) * 1000 AS unread_since,
       latest.id AS message_id
FROM lh_chat c
JOIN lh_msg latest ON latest.id = (
  SELECT m.id FROM lh_msg m WHERE m.chat_id = c.id AND m.user_id = 0 ORDER BY m.id DESC LIMIT 1)
WHERE c.has_unread_messages IN (1, 2) AND c.status IN (0, 1)

-- relation: unseen_replies
SELECT c.id AS conversation_id, r.time * 1000 AS replied_at, r.id AS message_id
FROM lh_chat c
JOIN lh_msg r ON r.id = (
  SELECT m.id FROM lh_msg m
  WHERE m.chat_id = c.id AND m.user_id > 0 AND m.meta_msg NOT LIKE '%"whisper":true%'
  ORDER BY m.id DESC LIMIT 1)
WHERE c.has_unread_op_messages = 1
  AND r.time > unix_timestamp() - 172800
  AND NOT EXISTS (SELECT 1 FROM lh_msg m WHERE m.chat_id = c.id AND m.id > r.id AND m.user_id = 0)

-- relation: desk_events
SELECT t.id AS event_id,
       t.chat_id AS conversation_id,
       'transferred' AS kind,
       t.ctime * 1000 AS at,
       nullif(t.transfer_user_id, 0) AS actor_id,
       nullif(t.transfer_to_user_id, 0) AS target_id
FROM lh_transfer t
JOIN lh_chat c ON c.id = t.chat_id AND c.status IN (0, 1, 5)
WHERE t.transfer_scope = 0 AND t.ctime > unix_timestamp() - 259200

-- relation: agents
SELECT u.id,
       NULL AS account_id,
       trim(concat(u.name, ' ', u.surname)) AS name,
       nullif(u.email, '') AS email,
       NULL AS phone,
       NULL AS avatar_url,
       CASE WHEN EXISTS (
         SELECT 1 FROM lh_groupuser gu
         JOIN lh_group g ON g.id = gu.group_id AND g.disabled = 0
         JOIN lh_grouprole gr ON gr.group_id = gu.group_id
         JOIN lh_rolefunction f ON f.role_id = gr.role_id AND f.module = '*' AND f.`function` = '*'
         WHERE gu.user_id = u.id) THEN 'admin' ELSE 'agent' END AS role,
       u.disabled = 0 AS active,
       NULL AS locale,
       nullif(u.time_zone, '') AS time_zone
FROM lh_users u

-- relation: groups
SELECT concat('department:', d.id) AS id, NULL AS account_id, d.name, 'department' AS kind,
       nullif(d.email, '') AS email, NULL AS time_zone
FROM lh_departament d

-- relation: group_members
SELECT DISTINCT concat('department:', d.id) AS group_id, m.user_id AS agent_id, 'member' AS role
FROM lh_departament d
JOIN lh_userdep m ON m.dep_id IN (d.id, 0)
WHERE m.ro = 0 AND d.archive = 0

-- relation: contacts
SELECT c.id,
       NULL AS account_id,
       nullif(c.nick, '') AS name,
       nullif(c.email, '') AS email,
       nullif(c.phone, '') AS phone,
       NULL AS avatar_url,
       CASE WHEN c.email = '' AND c.phone = '' THEN 'guest' ELSE 'contact' END AS kind,
       0 AS blocked,
       NULL AS sms_consent,
       nullif(c.chat_locale, '') AS locale,
       nullif(c.user_tz_identifier, '') AS time_zone,
       nullif(c.lsync, 0) * 1000 AS last_active_at
FROM lh_chat c

-- relation: conversations
SELECT c.id,
       NULL AS account_id,
       CAST(c.id AS char) AS number,
       NULL AS subject,
       CASE c.status WHEN 2 THEN 'resolved' WHEN 5 THEN 'pending' ELSE 'open' END AS status,
       CAST(nullif(c.priority, 0) AS char) AS priority,
       nullif(c.user_id, 0) AS assignee_id,
       (SELECT m.user_id FROM lh_msg m
        WHERE m.chat_id = c.id AND m.user_id > 0 AND m.meta_msg NOT LIKE '%"whisper":true%'
        ORDER BY m.id DESC LIMIT 1) AS last_agent_id,
       concat('department:', nullif(c.dep_id, 0)) AS group_id,
       NULL AS inbox_id,
       CASE WHEN c.iwh_id > 0 THEN 'webhook' ELSE 'chat' END AS channel,
       c.id AS contact_id,
       c.time * 1000 AS created_at,
       greatest(c.time, c.last_user_msg_time, c.last_op_msg_time) * 1000 AS last_activity_at,
       (SELECT min(m.time) FROM lh_msg m
        WHERE m.chat_id = c.id AND m.user_id = 0 AND m.id > coalesce((
          SELECT max(r.id) FROM lh_msg r
          WHERE r.chat_id = c.id AND r.user_id > 0 AND r.meta_msg NOT LIKE '%"whisper":true%'), 0)) * 1000 AS waiting_since,
       (SELECT min(m.time) FROM lh_msg m
        WHERE m.chat_id = c.id AND m.user_id > 0 AND m.meta_msg NOT LIKE '%"whisper":true%') * 1000 AS first_reply_at,
       NULL AS snoozed_until,
       CASE WHEN c.status = 5 THEN 'active' WHEN c.gbot_id > 0 THEN 'handed_over' ELSE 'none' END AS bot_state,
       nullif(CASE WHEN c.has_unread_messages = 0 THEN greatest(c.last_user_msg_time, c.last_op_msg_time)
                   ELSE c.last_op_msg_time END, 0) * 1000 AS assignee_last_seen_at,
       nullif(CASE WHEN c.has_unread_messages = 0 THEN greatest(c.last_user_msg_time, c.last_op_msg_time)
                   ELSE c.last_op_msg_time END, 0) * 1000 AS agents_last_seen_at,
       nullif(CASE WHEN c.has_unread_op_messages = 0 THEN c.lsync ELSE c.last_user_msg_time END, 0) * 1000
         AS contact_last_seen_at
FROM lh_chat c
WHERE c.status IN (0, 1, 2, 5)

-- relation: messages
SELECT m.id,
       m.chat_id AS conversation_id,
       CASE WHEN m.user_id = 0 THEN 'contact' WHEN m.user_id > 0 THEN 'agent' WHEN m.user_id = -2 THEN 'bot'
            ELSE 'system' END AS sender_type,
       CASE WHEN m.user_id = 0 THEN m.chat_id WHEN m.user_id > 0 THEN m.user_id END AS sender_id,
       m.meta_msg LIKE '%"whisper":true%' AS private,
       0 AS deleted,
       m.msg AS body,
       'bbcode' AS body_format,
       m.time * 1000 AS created_at
FROM lh_msg m

-- relation: presence
SELECT 'agent' AS subject_type,
       d.user_id AS subject_id,
       NULL AS account_id,
       CASE WHEN max(d.always_on) = 1 THEN 'online' WHEN max(d.hide_online) = 1 THEN 'away' END AS status,
       NULL AS surface,
       nullif(max(d.last_activity), 0) * 1000 AS last_active_at
FROM lh_userdep d
GROUP BY d.user_id

-- relation: devices
-- MySQL's json_value answers nothing beyond 512 letters.
SELECT s.id,
       'agent' AS owner_type,
       s.user_id AS owner_id,
       'webpush' AS provider,
       json_unquote(json_extract(s.params, '$.endpoint')) AS token,
       json_unquote(coalesce(json_extract(s.params, '$.keys.p256dh'), json_extract(s.params, '$.publicKey'))) AS p256dh,
       json_unquote(coalesce(json_extract(s.params, '$.keys.auth'), json_extract(s.params, '$.authToken'))) AS auth,
       NULL AS platform,
       NULL AS app_id
FROM lh_notification_op_subscriber s
WHERE s.status = 0 AND json_valid(s.params)
