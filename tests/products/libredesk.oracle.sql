-- What waits on a Libredesk desk, said from the messages alone: slow, and without the columns that Libredesk derives.
-- Beside each conversation: since when, the latest message, and whose it is.

-- relation: waiting_conversations
SELECT c.id AS conversation_id,
       floor(extract(epoch FROM min(asked.created_at)) * 1000)::bigint AS waiting_since,
       (array_agg(asked.id ORDER BY asked.created_at DESC, asked.id DESC))[1] AS message_id,
       (SELECT u.id FROM users u WHERE u.id = c.assigned_user_id AND u.type = 'agent') AS assignee_id,
       CASE WHEN c.assigned_team_id IS NULL THEN 'inbox:' || c.inbox_id ELSE 'team:' || c.assigned_team_id END AS group_id
FROM conversations c
JOIN conversation_messages asked ON asked.conversation_id = c.id
WHERE c.status_id IN (SELECT id FROM conversation_statuses WHERE category = 'open')
  AND asked.sender_type = 'contact'
  AND NOT EXISTS (
    SELECT FROM conversation_messages answer JOIN users u ON u.id = answer.sender_id
    WHERE answer.conversation_id = asked.conversation_id AND answer.type = 'outgoing' AND NOT answer.private
      AND answer.status = 'sent' AND u.first_name <> 'System' AND answer.created_at >= asked.created_at)
GROUP BY c.id

-- relation: unread_conversations
SELECT c.id AS conversation_id,
       floor(extract(epoch FROM min(asked.created_at)) * 1000)::bigint AS unread_since,
       (array_agg(asked.id ORDER BY asked.created_at DESC, asked.id DESC))[1] AS message_id,
       reader.id AS assignee_id,
       CASE WHEN c.assigned_team_id IS NULL THEN 'inbox:' || c.inbox_id ELSE 'team:' || c.assigned_team_id END AS group_id
FROM conversations c
JOIN conversation_messages asked ON asked.conversation_id = c.id
LEFT JOIN users reader ON reader.id = c.assigned_user_id AND reader.type = 'agent'
WHERE c.status_id IN (SELECT id FROM conversation_statuses WHERE category = 'open')
  AND asked.sender_type = 'contact'
  AND NOT EXISTS (
    SELECT FROM conversation_last_seen seen
    WHERE seen.conversation_id = c.id AND seen.user_id = reader.id AND seen.last_seen_at >= asked.created_at)
  AND NOT EXISTS (
    SELECT FROM conversation_messages answer JOIN users u ON u.id = answer.sender_id
    WHERE answer.conversation_id = asked.conversation_id AND answer.type = 'outgoing' AND NOT answer.private
      AND answer.status = 'sent' AND u.first_name <> 'System' AND answer.created_at >= asked.created_at
      AND (reader.id IS NULL OR answer.sender_id = reader.id))
GROUP BY c.id, reader.id

-- relation: unseen_replies
SELECT c.id AS conversation_id,
       floor(extract(epoch FROM reply.created_at) * 1000)::bigint AS replied_at,
       reply.id AS message_id,
       (SELECT u.id FROM users u WHERE u.id = c.assigned_user_id AND u.type = 'agent') AS assignee_id,
       CASE WHEN c.assigned_team_id IS NULL THEN 'inbox:' || c.inbox_id ELSE 'team:' || c.assigned_team_id END AS group_id
FROM conversations c
JOIN conversation_messages reply ON reply.conversation_id = c.id
WHERE c.inbox_id IN (SELECT id FROM inboxes WHERE channel = 'livechat')
  AND reply.id = (
    SELECT m.id FROM conversation_messages m JOIN users u ON u.id = m.sender_id
    WHERE m.conversation_id = c.id AND m.type = 'outgoing' AND NOT m.private AND m.status = 'sent' AND u.type = 'agent'
      AND u.first_name <> 'System'
    ORDER BY m.created_at DESC, m.id DESC LIMIT 1)
  AND NOT coalesce(c.contact_last_seen_at >= reply.created_at, false)
  AND NOT EXISTS (
    SELECT FROM conversation_messages m
    WHERE m.conversation_id = c.id AND m.sender_type = 'contact' AND m.created_at > reply.created_at)
  AND reply.created_at > now() - interval '48 hours'
