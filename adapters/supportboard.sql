-- Support Board, read by doorbell on its own MariaDB or MySQL database
--
-- Read: Support Board is sold, and its own repository is closed. Table and column names, types, keys and the numbers of
-- states were read from copies of release 3.8 (2025; its version constant says 3.8.7) that others have made public, and
-- from the vendor's manual. The tables sb_users, sb_users_data, sb_conversations and sb_messages were readable as the
-- installer makes them; later releases, the cloud edition and the apps' own tables were not.
-- MariaDB 10.6 or MySQL 8.0 and later.
--
-- Approximated
--   * The state of a conversation is one number: 2 until an agent opens it, 1 until the user opens it, 0 in between, 3
--     archived, 4 in the bin. So it is unread for all agents or for none.
--   * Neither the state nor the time of a message has an index. What is unread is found by reading sb_conversations (not
--     the messages) from end to end; what was opened and not answered, and what the user has not seen, among the latest
--     100,000 messages of the desk.
--   * A message of somebody who asks is one by the conversation's own user. Messages without words are the program's.
--   * Departments have their number for a name: the names stand in a settings text. Administrators and agents without a
--     department belong to none here.
--   * A lead or visitor without an address is a guest. The telephone number is the detail called `phone`.
-- Left out
--   * devices (push goes to the user's number at OneSignal or Pusher Beams), preferences, availability, desk_events,
--     sla_deadlines, read_cursors, time zones and languages of users.

-- relation: waiting_conversations
-- STRAIGHT_JOIN keeps the planner from reading sb_conversations a second time.
SELECT c.id AS conversation_id,
       (SELECT timestampdiff(SECOND, '1970-01-01', m.creation_time) * 1000 FROM sb_messages m
        WHERE m.conversation_id = c.id AND m.user_id = c.user_id AND m.id > coalesce((
          SELECT r.id FROM sb_messages r JOIN sb_users a ON a.id = r.user_id
          WHERE r.conversation_id = c.id AND a.user_type IN ('agent', 'admin')
          ORDER BY r.id DESC LIMIT 1), 0)
        ORDER BY m.id LIMIT 1) AS waiting_since,
       latest.id AS message_id
FROM sb_conversations c
JOIN sb_messages latest ON latest.id = (
  SELECT m.id FROM sb_messages m JOIN sb_users u ON u.id = m.user_id
  WHERE m.conversation_id = c.id AND (m.user_id = c.user_id OR u.user_type IN ('agent', 'admin'))
  ORDER BY m.id DESC LIMIT 1)
WHERE c.status_code = 2 AND latest.user_id = c.user_id
UNION ALL
SELECT c.id,
       (SELECT timestampdiff(SECOND, '1970-01-01', m.creation_time) * 1000 FROM sb_messages m
        WHERE m.conversation_id = c.id AND m.user_id = c.user_id AND m.id > coalesce((
          SELECT r.id FROM sb_messages r JOIN sb_users a ON a.id = r.user_id
          WHERE r.conversation_id = c.id AND a.user_type IN ('agent', 'admin')
          ORDER BY r.id DESC LIMIT 1), 0)
        ORDER BY m.id LIMIT 1),
       latest.id
FROM (SELECT DISTINCT r.conversation_id FROM sb_messages r
      WHERE r.id > (SELECT max(n.id) - 100000 FROM sb_messages n)) recent
STRAIGHT_JOIN sb_conversations c ON c.id = recent.conversation_id
JOIN sb_messages latest ON latest.id = (
  SELECT m.id FROM sb_messages m JOIN sb_users u ON u.id = m.user_id
  WHERE m.conversation_id = c.id AND (m.user_id = c.user_id OR u.user_type IN ('agent', 'admin'))
  ORDER BY m.id DESC LIMIT 1)
WHERE c.status_code = 0 AND latest.user_id = c.user_id

-- relation: unread_conversations
SELECT c.id AS conversation_id,
       coalesce((SELECT timestampdiff(SECOND, '1970-01-01', m.creation_time) * 1000 FROM sb_messages m
        WHERE m.conversation_id = c.id AND m.user_id = c.user_id AND m.id > coalesce((
          SELECT r.id FROM sb_messages r JOIN sb_users a ON a.id = r.user_id
          WHERE r.conversation_id = c.id AND a.user_type IN ('agent', 'admin')
          ORDER BY r.id DESC LIMIT 1), 0)
        ORDER BY m.id LIMIT 1),
         timestampdiff(SECOND, '1970-01-01', latest.creation_time) * 1000) AS unread_since,
       latest.id AS message_id
FROM sb_conversations c
JOIN sb_messages latest ON latest.id = (
  SELECT m.id FROM sb_messages m WHERE m.conversation_id = c.id AND m.user_id = c.user_id ORDER BY m.id DESC LIMIT 1)
WHERE c.status_code = 2

-- relation: unseen_replies
SELECT c.id AS conversation_id,
       timestampdiff(SECOND, '1970-01-01', r.creation_time) * 1000 AS replied_at,
       r.id AS message_id
FROM sb_messages r
JOIN sb_conversations c ON c.id = r.conversation_id AND c.status_code = 1
JOIN sb_users a ON a.id = r.user_id AND a.user_type IN ('agent', 'admin')
WHERE r.id > (SELECT max(n.id) - 100000 FROM sb_messages n)
  AND r.creation_time > utc_timestamp() - INTERVAL 48 HOUR
  AND NOT EXISTS (
    SELECT 1 FROM sb_messages m JOIN sb_users u ON u.id = m.user_id
    WHERE m.conversation_id = c.id AND m.id > r.id AND (m.user_id = c.user_id OR u.user_type IN ('agent', 'admin')))

-- relation: agents
SELECT u.id,
       NULL AS account_id,
       trim(concat(u.first_name, ' ', u.last_name)) AS name,
       nullif(u.email, '') AS email,
       (SELECT nullif(d.value, '') FROM sb_users_data d WHERE d.user_id = u.id AND d.slug = 'phone') AS phone,
       nullif(u.profile_image, '') AS avatar_url,
       u.user_type AS role,
       1 AS active,
       NULL AS locale,
       NULL AS time_zone
FROM sb_users u
WHERE u.user_type IN ('agent', 'admin')

-- relation: groups
SELECT DISTINCT concat('department:', u.department) AS id, NULL AS account_id,
       concat('Department ', u.department) AS name, 'department' AS kind, NULL AS email, NULL AS time_zone
FROM sb_users u
WHERE u.user_type IN ('agent', 'admin') AND u.department > 0

-- relation: group_members
SELECT concat('department:', u.department) AS group_id, u.id AS agent_id, 'member' AS role
FROM sb_users u
WHERE u.user_type IN ('agent', 'admin') AND u.department > 0

-- relation: contacts
SELECT u.id,
       NULL AS account_id,
       nullif(trim(concat(u.first_name, ' ', u.last_name)), '') AS name,
       nullif(u.email, '') AS email,
       (SELECT nullif(d.value, '') FROM sb_users_data d WHERE d.user_id = u.id AND d.slug = 'phone') AS phone,
       nullif(u.profile_image, '') AS avatar_url,
       CASE WHEN u.user_type IN ('visitor', 'lead') AND coalesce(u.email, '') = '' THEN 'guest' ELSE 'contact' END AS kind,
       0 AS blocked,
       NULL AS sms_consent,
       NULL AS locale,
       NULL AS time_zone,
       timestampdiff(SECOND, '1970-01-01', u.last_activity) * 1000 AS last_active_at
FROM sb_users u
WHERE u.user_type NOT IN ('agent', 'admin', 'bot')

-- relation: conversations
SELECT c.id,
       NULL AS account_id,
       CAST(c.id AS char) AS number,
       nullif(c.title, '') AS subject,
       CASE WHEN c.status_code IN (3, 4) THEN 'resolved' ELSE 'open' END AS status,
       NULL AS priority,
       c.agent_id AS assignee_id,
       (SELECT m.user_id FROM sb_messages m JOIN sb_users a ON a.id = m.user_id
        WHERE m.conversation_id = c.id AND a.user_type IN ('agent', 'admin')
        ORDER BY m.id DESC LIMIT 1) AS last_agent_id,
       concat('department:', nullif(c.department, 0)) AS group_id,
       NULL AS inbox_id,
       coalesce(nullif(c.source, ''), 'chat') AS channel,
       c.user_id AS contact_id,
       timestampdiff(SECOND, '1970-01-01', c.creation_time) * 1000 AS created_at,
       (SELECT timestampdiff(SECOND, '1970-01-01', max(m.creation_time)) * 1000 FROM sb_messages m
        WHERE m.conversation_id = c.id) AS last_activity_at,
       (SELECT timestampdiff(SECOND, '1970-01-01', min(m.creation_time)) * 1000 FROM sb_messages m
        WHERE m.conversation_id = c.id AND m.user_id = c.user_id AND m.id > coalesce((
          SELECT max(r.id) FROM sb_messages r JOIN sb_users a ON a.id = r.user_id
          WHERE r.conversation_id = c.id AND a.user_type IN ('agent', 'admin')), 0)) AS waiting_since,
       (SELECT timestampdiff(SECOND, '1970-01-01', min(m.creation_time)) * 1000
        FROM sb_messages m JOIN sb_users a ON a.id = m.user_id
        WHERE m.conversation_id = c.id AND a.user_type IN ('agent', 'admin')) AS first_reply_at,
       NULL AS snoozed_until,
       CASE
         WHEN EXISTS (SELECT 1 FROM sb_messages m
           WHERE m.conversation_id = c.id AND m.payload LIKE '%human-takeover%') THEN 'handed_over'
         WHEN EXISTS (SELECT 1 FROM sb_messages m JOIN sb_users b ON b.id = m.user_id
           WHERE m.conversation_id = c.id AND b.user_type = 'bot' AND m.message <> '' AND m.id > (
             SELECT max(q.id) FROM sb_messages q WHERE q.conversation_id = c.id AND q.user_id = c.user_id)) THEN 'answered'
         ELSE 'none'
       END AS bot_state,
       NULL AS assignee_last_seen_at,
       NULL AS agents_last_seen_at,
       CASE WHEN c.status_code = 0 THEN (
         SELECT timestampdiff(SECOND, '1970-01-01', u.last_activity) * 1000 FROM sb_users u WHERE u.id = c.user_id)
       END AS contact_last_seen_at
FROM sb_conversations c

-- relation: messages
SELECT m.id,
       m.conversation_id,
       CASE WHEN m.message = '' AND coalesce(m.attachments, '') = '' THEN 'system'
            WHEN u.user_type = 'bot' THEN 'bot'
            WHEN u.user_type IN ('agent', 'admin') THEN 'agent'
            ELSE 'contact' END AS sender_type,
       m.user_id AS sender_id,
       0 AS private,
       0 AS deleted,
       m.message AS body,
       'text' AS body_format,
       timestampdiff(SECOND, '1970-01-01', m.creation_time) * 1000 AS created_at
FROM sb_messages m
JOIN sb_users u ON u.id = m.user_id

-- relation: attachments
SELECT m.id * 100 + f.place AS id, m.id AS message_id, f.filename, NULL AS content_type, NULL AS byte_size, f.url
FROM sb_messages m
JOIN json_table(CASE WHEN json_valid(m.attachments) THEN m.attachments ELSE '[]' END, '$[*]' COLUMNS (
  place FOR ORDINALITY, filename varchar(500) PATH '$[0]', url varchar(2000) PATH '$[1]')) f

-- relation: presence
SELECT CASE WHEN u.user_type IN ('agent', 'admin') THEN 'agent' ELSE 'contact' END AS subject_type,
       u.id AS subject_id,
       NULL AS account_id,
       NULL AS status,
       NULL AS surface,
       timestampdiff(SECOND, '1970-01-01', u.last_activity) * 1000 AS last_active_at
FROM sb_users u
WHERE u.user_type <> 'bot' AND u.last_activity IS NOT NULL
