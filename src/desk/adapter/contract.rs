//! The contract: which relations there are, what doorbell cannot do without one, and the columns of each.

/// A relation that doorbell reads.
#[derive(Debug)]
pub struct Relation {
    /// Its name, in headings and settings.
    pub name: &'static str,
    /// What is off where there is none; `None` = nothing works without it.
    pub without: Option<&'static str>,
    /// Its columns in their order.
    pub columns: &'static [Column],
}

/// A column of a relation.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An id in the product's own type.
    Key,
    /// Words; numbers are read as words too.
    Text,
    /// A whole number: a size, or milliseconds since 1970, UTC.
    Number,
    /// A yes or no.
    Flag,
}

const fn key(name: &'static str) -> Column {
    Column { name, kind: Kind::Key }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text }
}

const fn number(name: &'static str) -> Column {
    Column { name, kind: Kind::Number }
}

const fn flag(name: &'static str) -> Column {
    Column { name, kind: Kind::Flag }
}

/// Every relation: first those where a pass begins, then those that are looked up by id.
pub const RELATIONS: [Relation; 17] = [
    Relation {
        name: "waiting_conversations",
        without: None,
        columns: &[key("conversation_id"), number("waiting_since"), key("message_id")],
    },
    Relation {
        name: "unread_conversations",
        without: Some("rules that watch unread find nothing, nor does the operator's coverage"),
        columns: &[key("conversation_id"), number("unread_since"), key("message_id")],
    },
    Relation {
        name: "unseen_replies",
        without: Some("rules that watch unseen_reply find nothing"),
        columns: &[key("conversation_id"), number("replied_at"), key("message_id")],
    },
    Relation {
        name: "sla_deadlines",
        without: Some("rules that watch sla_warning and sla_breach find nothing"),
        columns: &[key("conversation_id"), text("metric"), number("due_at"), number("breached_at")],
    },
    Relation {
        name: "desk_events",
        without: Some("rules that watch assigned, transferred and other events find nothing"),
        columns: &[
            key("event_id"),
            key("conversation_id"),
            text("kind"),
            number("at"),
            key("actor_id"),
            key("target_id"),
        ],
    },
    Relation {
        name: "agents",
        without: None,
        columns: &[
            key("id"),
            key("account_id"),
            text("name"),
            text("email"),
            text("phone"),
            text("avatar_url"),
            text("role"),
            flag("active"),
            text("locale"),
            text("time_zone"),
        ],
    },
    Relation {
        name: "groups",
        without: Some("nobody can be told as a member of a group"),
        columns: &[key("id"), key("account_id"), text("name"), text("kind"), text("email"), text("time_zone")],
    },
    Relation {
        name: "group_members",
        without: Some("nobody can be told as a member of a group"),
        columns: &[key("group_id"), key("agent_id"), text("role")],
    },
    Relation {
        name: "contacts",
        without: None,
        columns: &[
            key("id"),
            key("account_id"),
            text("name"),
            text("email"),
            text("phone"),
            text("avatar_url"),
            text("kind"),
            flag("blocked"),
            flag("sms_consent"),
            text("locale"),
            text("time_zone"),
            number("last_active_at"),
        ],
    },
    Relation { name: "conversations", without: None, columns: CONVERSATIONS },
    Relation {
        name: "messages",
        without: None,
        columns: &[
            key("id"),
            key("conversation_id"),
            text("sender_type"),
            key("sender_id"),
            flag("private"),
            flag("deleted"),
            text("body"),
            text("body_format"),
            number("created_at"),
        ],
    },
    Relation {
        name: "attachments",
        without: Some("mails name no files"),
        columns: &[
            key("id"),
            key("message_id"),
            text("filename"),
            text("content_type"),
            number("byte_size"),
            text("url"),
        ],
    },
    Relation {
        name: "read_cursors",
        without: Some("agents hear of what they have looked at, unless they are the assignee"),
        columns: &[key("conversation_id"), text("reader_type"), key("reader_id"), number("last_seen_at")],
    },
    Relation {
        name: "presence",
        without: Some("nobody is known to be at the desk; presence.unknown decides for all"),
        columns: &[
            text("subject_type"),
            key("subject_id"),
            key("account_id"),
            text("status"),
            text("surface"),
            number("last_active_at"),
        ],
    },
    Relation {
        name: "devices",
        without: Some("nobody is told by push or desktop"),
        columns: &[
            key("id"),
            text("owner_type"),
            key("owner_id"),
            text("provider"),
            text("token"),
            text("p256dh"),
            text("auth"),
            text("platform"),
            text("app_id"),
        ],
    },
    Relation {
        name: "preferences",
        without: Some("agents cannot switch anything off at the desk"),
        columns: &[
            key("account_id"),
            key("agent_id"),
            key("group_id"),
            text("event"),
            text("channel"),
            flag("enabled"),
            text("scope"),
            flag("unassigned"),
        ],
    },
    Relation {
        name: "availability",
        without: Some("only the hours of the settings count, and nobody stands in for anybody"),
        columns: &[
            key("agent_id"),
            text("time_zone"),
            text("working_days"),
            text("working_from"),
            text("working_until"),
            text("quiet_from"),
            text("quiet_until"),
            number("away_until"),
            key("stand_in_id"),
        ],
    },
];

const CONVERSATIONS: &[Column] = &[
    key("id"),
    key("account_id"),
    text("number"),
    text("subject"),
    text("status"),
    text("priority"),
    key("assignee_id"),
    key("last_agent_id"),
    key("group_id"),
    key("inbox_id"),
    text("channel"),
    key("contact_id"),
    number("created_at"),
    number("last_activity_at"),
    number("waiting_since"),
    number("first_reply_at"),
    number("snoozed_until"),
    text("bot_state"),
    number("assignee_last_seen_at"),
    number("agents_last_seen_at"),
    number("contact_last_seen_at"),
];

/// The relation of that name.
pub(in crate::desk) fn relation(name: &str) -> Option<&'static Relation> {
    RELATIONS.iter().find(|relation| relation.name == name)
}
