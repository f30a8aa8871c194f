//! Each lookup of the facts: by id only, whatever the size of the desk.

/// Where a bot takes part: the first message of the contact after the bot's last word.
pub(in crate::desk) const CONVERSATIONS: &str = "
    SELECT c.id, c.account_id, c.number, c.subject, c.status, c.assignee_id, c.last_agent_id, c.group_id, c.contact_id,
      c.bot_state, c.waiting_since, c.first_reply_at, c.unseen_reply_at, c.agents_last_seen_at, c.contact_last_seen_at,
      ( SELECT m.created_at FROM messages m
        WHERE m.conversation_id = c.id AND m.sender_type = 'contact' AND m.deleted = 0
        ORDER BY m.created_at DESC, m.id DESC LIMIT 1
      ) AS contact_wrote_at,
      CASE WHEN c.bot_state IN ('active', 'answered') THEN
        ( SELECT m.created_at FROM messages m
          WHERE m.conversation_id = c.id AND m.sender_type = 'contact' AND m.deleted = 0
            AND m.created_at >= coalesce(c.waiting_since, 0)
            AND (m.created_at, m.id) > (
              SELECT at, id FROM (
                SELECT * FROM (
                  SELECT b.created_at AS at, b.id AS id FROM messages b
                  WHERE b.conversation_id = c.id AND b.sender_type = 'bot' AND b.private = 0 AND b.deleted = 0
                  ORDER BY b.created_at DESC, b.id DESC LIMIT 1)
                UNION ALL SELECT 0, 0)
              ORDER BY at DESC, id DESC LIMIT 1)
          ORDER BY m.created_at, m.id LIMIT 1)
      END AS bot_silent_since
    FROM conversations c WHERE c.id IN (SELECT value FROM json_each(?1))";
pub(in crate::desk) const CONTACTS: &str = "
    SELECT id, account_id, name, email, phone, kind, blocked, avatar_url, sms_consent, time_zone, last_active_at
    FROM contacts WHERE id IN (SELECT value FROM json_each(?1))";
pub(in crate::desk) const GROUPS: &str = "
    SELECT id, name, kind FROM groups WHERE id IN (SELECT value FROM json_each(?1))";
pub(in crate::desk) const MEMBERS: &str = "
    SELECT group_id, agent_id FROM group_members WHERE group_id IN (SELECT value FROM json_each(?1))
    ORDER BY group_id, agent_id";
pub(in crate::desk) const AGENTS: &str = "
    SELECT id, account_id, name, email, phone, avatar_url, role, active, time_zone FROM agents
    WHERE id IN (SELECT value FROM json_each(?1))";
pub(in crate::desk) const ALL_AGENTS: &str = "
    SELECT id, account_id, name, email, phone, avatar_url, role, active, time_zone FROM agents";
pub(in crate::desk) const AVAILABILITY: &str = "
    SELECT agent_id, time_zone, working_days, working_from, working_until, quiet_from, quiet_until, away_until,
      stand_in_id
    FROM availability WHERE agent_id IN (SELECT value FROM json_each(?1))";
pub(in crate::desk) const PRESENCE: &str = "
    SELECT subject_id, status, surface, last_active_at FROM presence
    WHERE subject_type = ?1 AND subject_id IN (SELECT value FROM json_each(?2))";
pub(in crate::desk) const PREFERENCES: &str = "
    SELECT agent_id, group_id, event, channel, enabled, scope, unassigned FROM preferences
    WHERE agent_id IN (SELECT value FROM json_each(?1))";
pub(in crate::desk) const DEVICES: &str = "
    SELECT id, owner_id, provider, token, p256dh, auth, platform, app_id FROM devices
    WHERE owner_type = ?1 AND owner_id IN (SELECT value FROM json_each(?2)) ORDER BY owner_id, id";
pub(in crate::desk) const SEEN: &str = "
    SELECT conversation_id, reader_id, last_seen_at FROM read_cursors
    WHERE reader_type = 'agent' AND conversation_id IN (SELECT value FROM json_each(?1))";
