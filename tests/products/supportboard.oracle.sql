-- What waits on a Support Board desk, said from the messages alone (and, of what was opened, from the states, which no
-- message shows): slow, and without a bound on age. Beside each conversation: since when, the latest message, and whose
-- it is.

-- relation: waiting_conversations
SELECT c.id AS conversation_id, (min(to_seconds(asked.creation_time)) - 62167219200) * 1000 AS waiting_since,
       max(asked.id) AS message_id, c.agent_id AS assignee_id, concat('department:', c.department) AS group_id
FROM sb_conversations c
JOIN sb_messages asked ON asked.conversation_id = c.id AND asked.user_id = c.user_id
WHERE c.status_code NOT IN (1, 3, 4)
  AND NOT EXISTS (
    SELECT 1 FROM sb_messages answer
    WHERE answer.conversation_id = asked.conversation_id AND answer.id > asked.id
      AND answer.user_id IN (SELECT id FROM sb_users WHERE user_type = 'agent' OR user_type = 'admin'))
GROUP BY c.id

-- relation: unread_conversations
SELECT c.id AS conversation_id, (min(to_seconds(asked.creation_time)) - 62167219200) * 1000 AS unread_since,
       max(asked.id) AS message_id, c.agent_id AS assignee_id, concat('department:', c.department) AS group_id
FROM sb_conversations c
JOIN sb_messages asked ON asked.conversation_id = c.id AND asked.user_id = c.user_id
WHERE c.status_code = 2
  AND NOT EXISTS (
    SELECT 1 FROM sb_messages answer
    WHERE answer.conversation_id = asked.conversation_id AND answer.id > asked.id
      AND answer.user_id IN (SELECT id FROM sb_users WHERE user_type = 'agent' OR user_type = 'admin'))
GROUP BY c.id

-- relation: unseen_replies
SELECT c.id AS conversation_id, (max(to_seconds(reply.creation_time)) - 62167219200) * 1000 AS replied_at, max(reply.id) AS message_id,
       c.agent_id AS assignee_id, concat('department:', c.department) AS group_id
FROM sb_conversations c
JOIN sb_messages reply ON reply.conversation_id = c.id
  AND reply.user_id IN (SELECT id FROM sb_users WHERE user_type = 'agent' OR user_type = 'admin')
WHERE c.status_code = 1
  AND NOT EXISTS (
    SELECT 1 FROM sb_messages m
    WHERE m.conversation_id = c.id AND m.user_id = c.user_id AND m.id > reply.id)
GROUP BY c.id
HAVING max(reply.creation_time) > utc_timestamp() - INTERVAL 48 HOUR
