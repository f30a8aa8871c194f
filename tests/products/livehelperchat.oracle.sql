-- What waits on a Live Helper Chat desk, said from the messages alone (and, of what is unread, from the flags, which no
-- message shows): slow. Beside each chat: since when, the latest message, and whose it is.

-- relation: waiting_conversations
SELECT c.id AS conversation_id, min(asked.time) * 1000 AS waiting_since, max(asked.id) AS message_id,
       if(c.user_id > 0, c.user_id, NULL) AS assignee_id, concat('department:', c.dep_id) AS group_id
FROM lh_chat c
JOIN lh_msg asked ON asked.chat_id = c.id AND asked.user_id = 0
WHERE c.status <> 2 AND c.status <> 5
  AND NOT EXISTS (
    SELECT 1 FROM lh_msg answer
    WHERE answer.chat_id = asked.chat_id AND answer.id > asked.id AND answer.user_id >= 1 AND answer.meta_msg = '')
GROUP BY c.id

-- relation: unread_conversations
SELECT c.id AS conversation_id,
       coalesce(
         min(CASE WHEN NOT EXISTS (
           SELECT 1 FROM lh_msg answer
           WHERE answer.chat_id = asked.chat_id AND answer.id > asked.id AND answer.user_id >= 1 AND answer.meta_msg = '')
           THEN asked.time END),
         max(asked.time)) * 1000 AS unread_since,
       max(asked.id) AS message_id,
       if(c.user_id > 0, c.user_id, NULL) AS assignee_id, concat('department:', c.dep_id) AS group_id
FROM lh_chat c
JOIN lh_msg asked ON asked.chat_id = c.id AND asked.user_id = 0
WHERE c.status <> 2 AND c.status <> 5 AND c.has_unread_messages <> 0
GROUP BY c.id

-- relation: unseen_replies
SELECT c.id AS conversation_id, max(reply.time) * 1000 AS replied_at, max(reply.id) AS message_id,
       if(c.user_id > 0, c.user_id, NULL) AS assignee_id, concat('department:', c.dep_id) AS group_id
FROM lh_chat c
JOIN lh_msg reply ON reply.chat_id = c.id AND reply.user_id >= 1 AND reply.meta_msg = ''
WHERE c.has_unread_op_messages <> 0
  AND NOT EXISTS (
    SELECT 1 FROM lh_msg m WHERE m.chat_id = c.id AND m.user_id = 0 AND m.id > reply.id)
GROUP BY c.id
HAVING max(reply.time) > unix_timestamp() - 172800
