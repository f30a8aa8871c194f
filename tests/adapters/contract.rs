//! What doorbell reads of a desk: the relations, and the columns of each in their order.

/// Without these there is nothing to tell.
pub(crate) const REQUIRED: &[&str] = &["waiting_conversations", "agents", "contacts", "conversations", "messages"];

/// Where a pass begins: these must not cost more than they find.
pub(crate) const DRIVING: &[&str] =
    &["waiting_conversations", "unread_conversations", "unseen_replies", "sla_deadlines", "desk_events"];

/// Every relation with its columns.
pub(crate) const COLUMNS: &[(&str, &[&str])] = &[
    ("waiting_conversations", &["conversation_id", "waiting_since", "message_id"]),
    ("unread_conversations", &["conversation_id", "unread_since", "message_id"]),
    ("unseen_replies", &["conversation_id", "replied_at", "message_id"]),
    ("sla_deadlines", &["conversation_id", "metric", "due_at", "breached_at"]),
    ("desk_events", &["event_id", "conversation_id", "kind", "at", "actor_id", "target_id"]),
    ("agents", &["id", "account_id", "name", "email", "phone", "avatar_url", "role", "active", "locale", "time_zone"]),
    ("groups", &["id", "account_id", "name", "kind", "email", "time_zone"]),
    ("group_members", &["group_id", "agent_id", "role"]),
    (
        "contacts",
        &[
            "id",
            "account_id",
            "name",
            "email",
            "phone",
            "avatar_url",
            "kind",
            "blocked",
            "sms_consent",
            "locale",
            "time_zone",
            "last_active_at",
        ],
    ),
    (
        "conversations",
        &[
            "id",
            "account_id",
            "number",
            "subject",
            "status",
            "priority",
            "assignee_id",
            "last_agent_id",
            "group_id",
            "inbox_id",
            "channel",
            "contact_id",
            "created_at",
            "last_activity_at",
            "waiting_since",
            "first_reply_at",
            "snoozed_until",
            "bot_state",
            "assignee_last_seen_at",
            "agents_last_seen_at",
            "contact_last_seen_at",
        ],
    ),
    (
        "messages",
        &[
            "id",
            "conversation_id",
            "sender_type",
            "sender_id",
            "private",
            "deleted",
            "body",
            "body_format",
            "created_at",
        ],
    ),
    ("attachments", &["id", "message_id", "filename", "content_type", "byte_size", "url"]),
    ("read_cursors", &["conversation_id", "reader_type", "reader_id", "last_seen_at"]),
    ("presence", &["subject_type", "subject_id", "account_id", "status", "surface", "last_active_at"]),
    ("devices", &["id", "owner_type", "owner_id", "provider", "token", "p256dh", "auth", "platform", "app_id"]),
];
