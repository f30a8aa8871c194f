-- What waits on a Chatwoot desk, said from the messages alone: slow, and without the columns that Chatwoot derives.
-- Beside each conversation: since when, the latest message, and whose it is.

-- relation: waiting_conversations
SELECT c.id AS conversation_id,
       floor(extract(epoch FROM min(asked.created_at)) * 1000)::bigint AS waiting_since,
       (array_agg(asked.id ORDER BY asked.created_at DESC, asked.id DESC))[1] AS message_id,
       c.assignee_id,
       CASE WHEN c.team_id IS NULL THEN 'inbox:' || c.inbox_id ELSE 'team:' || c.team_id END AS group_id
FROM conversations c
JOIN messages asked ON asked.conversation_id = c.id
WHERE c.status = 0
  AND asked.message_type = 0
  AND asked.content <> 'This message was deleted'
  AND NOT EXISTS (
    SELECT FROM messages answer
    WHERE answer.conversation_id = asked.conversation_id AND answer.message_type = 1 AND NOT answer.private
      AND answer.created_at >= asked.created_at)
GROUP BY c.id

-- relation: unread_conversations
SELECT c.id AS conversation_id,
       floor(extract(epoch FROM min(asked.created_at)) * 1000)::bigint AS unread_since,
       (array_agg(asked.id ORDER BY asked.created_at DESC, asked.id DESC))[1] AS message_id,
       c.assignee_id,
       CASE WHEN c.team_id IS NULL THEN 'inbox:' || c.inbox_id ELSE 'team:' || c.team_id END AS group_id
FROM conversations c
JOIN messages asked ON asked.conversation_id = c.id
WHERE c.status = 0
  AND asked.message_type = 0
  AND asked.content <> 'This message was deleted'
  AND NOT coalesce(c.assignee_id IS NOT NULL AND c.assignee_last_seen_at >= asked.created_at, false)
  AND NOT EXISTS (
    SELECT FROM messages answer
    WHERE answer.conversation_id = asked.conversation_id AND answer.message_type = 1 AND NOT answer.private
      AND answer.created_at >= asked.created_at
      AND (c.assignee_id IS NULL OR answer.sender_type = 'User' AND answer.sender_id = c.assignee_id))
GROUP BY c.id

-- relation: unseen_replies
SELECT c.id AS conversation_id,
       floor(extract(epoch FROM reply.created_at) * 1000)::bigint AS replied_at,
       reply.id AS message_id,
       c.assignee_id,
       CASE WHEN c.team_id IS NULL THEN 'inbox:' || c.inbox_id ELSE 'team:' || c.team_id END AS group_id
FROM conversations c
JOIN messages reply ON reply.conversation_id = c.id
WHERE reply.id = (
    SELECT m.id FROM messages m
    WHERE m.conversation_id = c.id AND m.message_type = 1 AND NOT m.private AND m.sender_type = 'User'
    ORDER BY m.created_at DESC, m.id DESC LIMIT 1)
  AND NOT coalesce(c.contact_last_seen_at >= reply.created_at, false)
  AND NOT EXISTS (
    SELECT FROM messages m
    WHERE m.conversation_id = c.id AND m.message_type = 0 AND m.created_at > reply.created_at
      AND m.content <> 'This message was deleted')
  AND reply.created_at > now() AT TIME ZONE 'UTC' - interval '48 hours'
