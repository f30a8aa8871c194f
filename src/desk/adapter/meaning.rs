//! What the relations and columns of the contract mean: for those who write an adapter, and for the words in them.

use super::contract::Relation;
use crate::model::{Channel, Watch};

/// What a relation holds, and each of its columns in their order; a column that may be NULL says so.
#[derive(Debug)]
pub struct Meaning {
    relation: &'static str,
    /// Which rows it has.
    pub rows: &'static str,
    /// What each column holds.
    pub columns: &'static [&'static str],
}

const ID: &str = "the product's own id, in its own type";
const CONVERSATION: &str = "the conversation's id";
const ACCOUNT: &str = "the organisation, where one database serves several; or NULL";
const EMAIL: &str = "the address; or NULL";
const PHONE: &str = "the number with its country: +441632960000; or NULL";
const PICTURE: &str = "a picture's address; or NULL";
const LANGUAGE: &str = "such as en or pt-BR; or NULL";
const ZONE: &str = "such as Europe/London; or NULL";
const HOUR: &str = "such as 09:00; or NULL";
const TIME: &str = "milliseconds since 1970, UTC; or NULL";
const MESSAGE: &str = "the contact's latest message";

const MEANINGS: [Meaning; 17] = [
    Meaning {
        relation: "waiting_conversations",
        rows: "open conversations in which the contact wrote last and no person has answered publicly",
        columns: &[CONVERSATION, "milliseconds since 1970, UTC, of the first unanswered message", MESSAGE],
    },
    Meaning {
        relation: "unread_conversations",
        rows: "open conversations with messages of the contact that the assignee has not looked at",
        columns: &[CONVERSATION, "milliseconds since 1970, UTC, of the first unread message", MESSAGE],
    },
    Meaning {
        relation: "unseen_replies",
        rows: "conversations whose latest public reply by a person, of the last 48 hours, the contact has not seen",
        columns: &[CONVERSATION, "milliseconds since 1970, UTC, of the reply", "the reply's id"],
    },
    Meaning {
        relation: "sla_deadlines",
        rows: "targets of open conversations that are not met yet",
        columns: &[CONVERSATION, "which target", "milliseconds since 1970, UTC", TIME],
    },
    Meaning {
        relation: "desk_events",
        rows: "what happened to conversations within 72 hours and is still in force",
        columns: &[
            ID,
            CONVERSATION,
            "what happened",
            "when: milliseconds since 1970, UTC",
            "the agent who did it; or NULL",
            "the agent it concerns; or NULL",
        ],
    },
    Meaning {
        relation: "agents",
        rows: "the people who answer",
        columns: &[
            ID,
            ACCOUNT,
            "the name that is shown",
            "the address that mails go to, where there is one",
            PHONE,
            PICTURE,
            "what they may do",
            "whether they work here still",
            LANGUAGE,
            ZONE,
        ],
    },
    Meaning {
        relation: "groups",
        rows: "teams, departments and inboxes that people are told as",
        columns: &[
            "text that begins with its kind: team:7",
            ACCOUNT,
            "the name that is shown",
            "what it is",
            "an address of its own; or NULL",
            ZONE,
        ],
    },
    Meaning {
        relation: "group_members",
        rows: "who belongs to a group",
        columns: &["the group's id, with its kind", "the agent's id", "which part they have"],
    },
    Meaning {
        relation: "contacts",
        rows: "the people who ask",
        columns: &[
            ID,
            ACCOUNT,
            "the name; or NULL",
            EMAIL,
            PHONE,
            PICTURE,
            "whether they are known by more than this visit",
            "whether nobody is to hear of them",
            "whether they want text messages; NULL = nobody asked",
            LANGUAGE,
            ZONE,
            TIME,
        ],
    },
    Meaning {
        relation: "conversations",
        rows: "the conversations, of any status",
        columns: &[
            ID,
            ACCOUNT,
            "the number that people know it by, as text",
            "what it is about; or NULL",
            "pending = in a bot's hands",
            "any word; or NULL",
            "the agent who has it; empty where nobody has, never 0",
            "the agent who answered last; or NULL",
            "the group it is with, as text with its kind: team:7; or NULL",
            "the inbox it came in by; or NULL",
            "such as email or chat; or NULL",
            "the contact, where one is known",
            "milliseconds since 1970, UTC",
            TIME,
            TIME,
            TIME,
            TIME,
            "what a bot did",
            TIME,
            TIME,
            TIME,
        ],
    },
    Meaning {
        relation: "messages",
        rows: "what was written",
        columns: &[
            ID,
            CONVERSATION,
            "who wrote",
            "the contact or agent who wrote; or NULL",
            "whether only agents see it",
            "whether it was taken back, or could not be sent",
            "the text; or NULL",
            "how the text is written",
            "milliseconds since 1970, UTC",
        ],
    },
    Meaning {
        relation: "attachments",
        rows: "the files of messages",
        columns: &[
            ID,
            "the message's id",
            "its name; or NULL",
            "such as image/png; or NULL",
            "its size in bytes; or NULL",
            "where agents find it; or NULL",
        ],
    },
    Meaning {
        relation: "read_cursors",
        rows: "how far each reader has looked, where the product keeps that for each",
        columns: &[CONVERSATION, "who looked", "the reader's id", "milliseconds since 1970, UTC"],
    },
    Meaning {
        relation: "presence",
        rows: "who is at the desk, or was",
        columns: &[
            "who",
            "their id",
            ACCOUNT,
            "what they are; NULL = unknown",
            "the page: console, inbox, dashboard, conversation:ID; or NULL",
            TIME,
        ],
    },
    Meaning {
        relation: "devices",
        rows: "telephones and browsers that take notifications",
        columns: &[
            ID,
            "whose",
            "their id",
            "who carries notifications there",
            "the token, or the endpoint of a browser",
            "the browser's key; or NULL",
            "the browser's secret; or NULL",
            "such as ios or android; or NULL",
            "the app; or NULL",
        ],
    },
    Meaning {
        relation: "preferences",
        rows: "what agents have switched on or off; a missing row means on",
        columns: &[
            ACCOUNT,
            "the agent's id",
            "one group only, as text with its kind: team:7; or NULL",
            "what is told",
            "how it is told",
            "whether it is on",
            "which conversations; NULL = all",
            "whether those that nobody has, too; NULL = yes",
        ],
    },
    Meaning {
        relation: "availability",
        rows: "when agents work, and who stands in for them",
        columns: &[
            "the agent's id",
            ZONE,
            "such as Mon-Fri; or NULL",
            HOUR,
            HOUR,
            HOUR,
            HOUR,
            TIME,
            "an agent; or NULL",
        ],
    },
];

/// What a relation means.
pub fn meaning(relation: &Relation) -> Option<&'static Meaning> {
    MEANINGS.iter().find(|meaning| meaning.relation == relation.name)
}

/// The words that a column may hold; none where any will do.
pub fn words(relation: &str, column: &str) -> Vec<&'static str> {
    let words: &[&str] = match (relation, column) {
        ("sla_deadlines", "metric") => &["first_response", "next_response", "resolution", "queue_wait"],
        ("desk_events", "kind") => &["assigned", "transferred", "invited", "handover", "assistance", "cancelled"],
        ("agents", "role") => &["agent", "supervisor", "admin"],
        ("groups", "kind") => &["team", "department", "inbox", "mailbox"],
        ("group_members", "role") => &["member", "lead"],
        ("contacts", "kind") => &["contact", "guest"],
        ("conversations", "status") => &["open", "pending", "snoozed", "resolved"],
        ("conversations", "bot_state") => &["none", "active", "answered", "handed_over"],
        ("messages", "sender_type") => &["contact", "agent", "bot", "system"],
        ("messages", "body_format") => &["text", "markdown", "html", "bbcode"],
        ("read_cursors", "reader_type") | ("presence", "subject_type") | ("devices", "owner_type") => {
            &["agent", "contact"]
        }
        ("presence", "status") => &["online", "away", "busy", "offline"],
        ("devices", "provider") => &["apns", "fcm", "webpush", "onesignal", "beams"],
        ("preferences", "scope") => &["all", "mine"],
        ("preferences", "event") => return Watch::ALL.iter().map(|watch| watch.word()).collect(),
        ("preferences", "channel") => return Channel::ALL.iter().map(|channel| channel.word()).collect(),
        _ => &[],
    };
    words.to_vec()
}

#[cfg(test)]
mod tests {
    use super::super::RELATIONS;
    use super::*;

    #[test]
    fn every_relation_and_every_column_has_a_meaning() {
        for relation in &RELATIONS {
            let meaning = meaning(relation).unwrap_or_else(|| panic!("{} means nothing", relation.name));
            assert_eq!(meaning.columns.len(), relation.columns.len(), "{}", relation.name);
        }
        assert_eq!(MEANINGS.len(), RELATIONS.len());
    }

    #[test]
    fn the_columns_that_have_words_are_columns_of_text() {
        let texts = RELATIONS.iter().flat_map(|relation| relation.columns.iter().map(move |it| (relation, it)));
        let with = texts.filter(|(relation, column)| !words(relation.name, column.name).is_empty());
        let kinds: Vec<_> = with.map(|(_, column)| column.kind).collect();
        assert_eq!(kinds, [super::super::Kind::Text; 18]);
    }
}
