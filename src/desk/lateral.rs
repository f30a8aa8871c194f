//! What PostgreSQL finds by LATERAL: there a comparison of pairs uses an index only against columns of a joined row,
//! and only a LATERAL part is sure to be one look for each row. The texts beside them, for `SQLite`, say the same.

/// Beside `places::LATEST`.
pub(super) const LATEST: &str = "CROSS JOIN LATERAL (
    SELECT n.id, n.created_at FROM messages n
    WHERE n.conversation_id = c.id AND n.sender_type = 'contact' AND n.deleted = 0
    ORDER BY n.created_at DESC, n.id DESC LIMIT 1) m";

/// Beside `facts::sql::BOT`.
pub(super) const BOT: &str = "
  CASE
    WHEN c.bot_state NOT IN ('active', 'answered') THEN NULL
    WHEN word.id IS NOT NULL THEN (
      SELECT m.created_at FROM messages m
      WHERE m.conversation_id = c.id AND m.sender_type = 'contact' AND m.deleted = 0
        AND (m.created_at, m.id) > (word.created_at, word.id)
      ORDER BY m.created_at, m.id LIMIT 1)
    ELSE c.waiting_since
  END AS bot_silent_since
FROM conversations c
LEFT JOIN LATERAL (
  SELECT b.created_at, b.id FROM messages b
  WHERE c.bot_state IN ('active', 'answered')
    AND b.conversation_id = c.id AND b.sender_type = 'bot' AND b.private = 0 AND b.deleted = 0
  ORDER BY b.created_at DESC, b.id DESC LIMIT 1) word ON true";

/// Beside `contents::ATTACHMENTS`.
pub(super) const ATTACHMENTS: &str = "
  SELECT w.place, a.filename, a.byte_size, a.url
  FROM (
    SELECT key, (value ->> 0)::bigint AS place, (value ->> 1)::bigint AS message
    FROM json_array_elements($1::json) WITH ORDINALITY j (value, key)) w
  CROSS JOIN LATERAL (
    SELECT b.id, b.filename, b.byte_size, b.url FROM attachments b WHERE b.message_id = w.message
    ORDER BY b.id LIMIT 20) a
  ORDER BY w.key, a.id";

/// Beside `pending::unseen`.
pub(super) fn unseen(among: &str) -> String {
    format!(
        "SELECT c.id AS conversation_id, '' AS matter, f.created_at AS since, m.id AS message_id, m.created_at AS at
         FROM conversations c
         CROSS JOIN LATERAL (
            SELECT n.id, n.created_at FROM messages n
            WHERE n.conversation_id = c.id AND n.sender_type = 'agent' AND n.private = 0 AND n.deleted = 0
            ORDER BY n.created_at DESC, n.id DESC LIMIT 1) m
         LEFT JOIN LATERAL (
            SELECT q.created_at, q.id FROM messages q
            WHERE q.conversation_id = c.id AND q.sender_type = 'contact' AND q.deleted = 0
            ORDER BY q.created_at DESC, q.id DESC LIMIT 1) asked ON true
         CROSS JOIN LATERAL (
            SELECT p.at, p.id FROM (VALUES
              (asked.created_at, asked.id), (coalesce(c.contact_last_seen_at, 0), 9223372036854775807)) p (at, id)
            WHERE p.at IS NOT NULL
            ORDER BY p.at DESC, p.id DESC LIMIT 1) seen
         CROSS JOIN LATERAL (
            SELECT n.created_at FROM messages n
            WHERE n.conversation_id = c.id AND n.sender_type = 'agent' AND n.private = 0 AND n.deleted = 0
              AND (n.created_at, n.id) > (seen.at, seen.id)
            ORDER BY n.created_at, n.id LIMIT 1) f
         WHERE {among} c.unseen_reply_at IS NOT NULL AND c.unseen_reply_at > $1
         ORDER BY f.created_at, c.id"
    )
}

/// Beside `places::first_after`.
pub(super) fn first_after(told_of: &str) -> String {
    format!(
        "SELECT w.place, m.id AS message_id, m.created_at AS at
         FROM (
            SELECT key - 1 AS place, (value ->> 0)::bigint AS conversation, (value ->> 1)::bigint AS at,
                   (value ->> 2)::bigint AS id
            FROM json_array_elements($1::json) WITH ORDINALITY j (value, key)) w
         CROSS JOIN LATERAL (
            SELECT n.id, n.created_at FROM messages n
            WHERE n.conversation_id = w.conversation AND {told_of} AND (n.created_at, n.id) > (w.at, w.id)
            ORDER BY n.created_at, n.id LIMIT 1) m"
    )
}

/// Beside `contents::latest`.
pub(super) fn shown(told_of: &str) -> String {
    format!(
        "SELECT w.place, m.id AS message_id, m.created_at AS at, m.sender_type, m.sender_id, m.body_format,
                substr(convert_to(m.body, 'UTF8'), 1, w.bytes) AS body, (
            SELECT count(*) FROM messages n
            WHERE n.conversation_id = m.conversation_id AND {told_of}
              AND n.created_at >= w.since AND (n.created_at, n.id) < (m.created_at, m.id)
          ) AS earlier_count
         FROM (
            SELECT key - 1 AS place, (value ->> 0)::bigint AS conversation, (value ->> 1)::bigint AS since,
                   (value ->> 2)::bigint AS message, (value ->> 3)::boolean AS is_known,
                   (value ->> 4)::integer AS bytes
            FROM json_array_elements($1::json) WITH ORDINALITY j (value, key)) w
         LEFT JOIN LATERAL (
            SELECT q.id FROM messages q
            WHERE NOT w.is_known AND q.conversation_id = w.conversation AND q.sender_type = 'contact' AND q.deleted = 0
            ORDER BY q.created_at DESC, q.id DESC LIMIT 1) latest ON true
         CROSS JOIN LATERAL (
            SELECT n.* FROM messages n WHERE n.id = CASE WHEN w.is_known THEN w.message ELSE latest.id END) m
         WHERE m.conversation_id = w.conversation AND m.deleted = 0 AND (m.private = 0 OR m.sender_type = 'contact')"
    )
}

/// Beside `contents::earlier`.
pub(super) fn earlier(told_of: &str) -> String {
    format!(
        "SELECT w.place, n.created_at, n.sender_type, n.sender_id, n.body_format,
           substr(convert_to(n.body, 'UTF8'), 1, $2::integer) AS body,
           ({told_of} AND n.created_at >= w.since) AS waits
         FROM (
            SELECT key, (value ->> 0)::bigint AS place, (value ->> 1)::bigint AS message, (value ->> 2)::bigint AS at,
                   (value ->> 3)::bigint AS conversation, (value ->> 4)::bigint AS since
            FROM json_array_elements($1::json) WITH ORDINALITY j (value, key)) w
         CROSS JOIN LATERAL (
            SELECT p.* FROM messages p
            WHERE p.conversation_id = w.conversation AND p.deleted = 0 AND p.private = 0 AND p.sender_type <> 'system'
              AND (p.created_at, p.id) < (w.at, w.message)
            ORDER BY p.created_at DESC, p.id DESC LIMIT 10) n
         ORDER BY w.key, n.created_at, n.id"
    )
}
